/// A tree as a drawing, alone or beside another one: the words come from one place, the renderings
/// from others.
package io.dipper.transformer.diagram;
