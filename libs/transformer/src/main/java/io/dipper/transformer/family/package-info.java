/// From a published configuration to a tree or a refusal, and from a tree's paths to the names in a
/// checkpoint: one file a design, one line for it in [io.dipper.transformer.family.Families].
package io.dipper.transformer.family;
