package io.dipper.transformer.diagram;

import java.util.Locale;

/// Counts and sizes in three digits, as people say them.
public final class Quantities {
    private static final String[] COUNTS = {"", " K", " M", " B", " T"};
    private static final String[] SIZES = {" B", " KiB", " MiB", " GiB", " TiB"};

    private Quantities() {}

    /// 671 B, 1.03 T, 494 M.
    public static String count(long count) {
        return scaled(count, 1000, COUNTS);
    }

    /// 68.6 KiB, 4 GiB.
    public static String bytes(long bytes) {
        return scaled(bytes, 1024, SIZES);
    }

    /// 32 k for 32768.
    public static String tokens(long tokens) {
        return tokens % 1024 != 0 || tokens == 0
                ? Long.toString(tokens)
                : tokens % (1024 * 1024) == 0 ? tokens / (1024 * 1024) + " M" : tokens / 1024 + " k";
    }

    private static String scaled(long value, int base, String[] units) {
        double scaled = value;
        int unit = 0;
        // What would be written as a whole next unit is one.
        while (scaled >= base - 0.5 && unit < units.length - 1) {
            scaled /= base;
            unit++;
        }
        int decimals = unit == 0 || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
        String digits = String.format(Locale.ROOT, "%." + decimals + "f", scaled);
        return (digits.contains(".") ? digits.replaceAll("\\.?0+$", "") : digits) + units[unit];
    }
}
