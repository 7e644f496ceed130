package io.dipper.transformer.tree;

import com.google.errorprone.annotations.FormatMethod;

/// A tree that no reference could run: thrown by the records' constructors, so that every tree that
/// exists is well formed. A family checks what its configuration can get wrong before it builds, so
/// this names a slip of the caller.
public final class IllFormedTree extends IllegalArgumentException {
    public IllFormedTree(String message) {
        super(message);
    }

    @FormatMethod
    static void unless(boolean holds, String message, Object... arguments) {
        if (!holds) {
            throw new IllFormedTree(message.formatted(arguments));
        }
    }

    static void positive(String what, int value) {
        unless(value > 0, "%s is %d, not a positive number", what, value);
    }

    /// A matrix side that is a product of two numbers.
    static void width(String what, long value) {
        unless(value <= Integer.MAX_VALUE, "%s is %d, more than a matrix can have", what, value);
    }

    static void finite(String what, double value) {
        unless(Double.isFinite(value), "%s is %s, not a finite number", what, value);
    }

    static void above(String what, double value, double limit) {
        unless(Double.isFinite(value) && value > limit, "%s is %s, not above %s", what, value, limit);
    }
}
