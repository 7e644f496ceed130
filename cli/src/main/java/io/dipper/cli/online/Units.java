package io.dipper.cli.online;

import java.util.Locale;

/// Numbers as people read them.
final class Units {
    private Units() {}

    static String bytes(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    static String count(long count) {
        if (count >= 1_000_000_000) {
            return String.format(Locale.ROOT, "%.1f B", count / 1e9);
        }
        return count >= 1_000_000 ? String.format(Locale.ROOT, "%.1f M", count / 1e6) : Long.toString(count);
    }
}
