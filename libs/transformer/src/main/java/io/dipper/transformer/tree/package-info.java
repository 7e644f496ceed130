/// Records that say what a model is. Ill-formed trees cannot be built, and nothing changes after
/// construction, so every function of a tree may take its parts at their word.
package io.dipper.transformer.tree;
