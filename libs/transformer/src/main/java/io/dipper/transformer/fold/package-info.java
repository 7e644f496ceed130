/// What follows from a tree: its weights, parameters, cache and facts. Pure functions; a new part
/// of the tree does not compile until each of them has answered for it.
package io.dipper.transformer.fold;
