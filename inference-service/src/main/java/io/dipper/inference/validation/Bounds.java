package io.dipper.inference.validation;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import org.jspecify.annotations.Nullable;

/// Range checks. Each refusal names field, limit and value.
final class Bounds {
    private Bounds() {}

    static double decimal(String field, @Nullable Double value, double least, double most, double absent) {
        if (value == null) {
            return absent;
        }
        if (!(value >= least && value <= most)) {
            throw outside(field, shown(least), shown(most), shown(value));
        }
        return value;
    }

    static int integer(String field, @Nullable Long value, int least, int most, int absent) {
        if (value == null) {
            return absent;
        }
        if (value < least || value > most) {
            throw outside(field, Integer.toString(least), Integer.toString(most), value.toString());
        }
        return value.intValue();
    }

    /// As [#integer] for a field with no natural upper limit: what is above the cap is cut to it.
    static int atLeast(String field, @Nullable Long value, int least, int cap, int absent) {
        if (value == null) {
            return absent;
        }
        if (value < least) {
            throw refuse(field, field + " must be at least " + least + ", but is " + value);
        }
        return (int) Math.min(value, cap);
    }

    static RefusedException refuse(String field, String message) {
        return new RefusedException(ApiError.invalid(field, message));
    }

    private static RefusedException outside(String field, String least, String most, String value) {
        return refuse(field, field + " must be between " + least + " and " + most + ", but is " + value);
    }

    private static String shown(double value) {
        boolean whole = value == Math.rint(value) && Math.abs(value) < 1e9;
        return whole ? Long.toString((long) value) : Double.toString(value);
    }
}
