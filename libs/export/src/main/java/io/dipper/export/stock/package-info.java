/// Dipper's operators as graphs of stock ones.
@org.jspecify.annotations.NullMarked
package io.dipper.export.stock;
