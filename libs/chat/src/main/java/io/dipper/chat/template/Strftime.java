package io.dipper.chat.template;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.Locale;

/// Times in C's notation, in English.
final class Strftime {
    private Strftime() {}

    static String format(String pattern, LocalDateTime time) {
        var out = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c != '%' || i + 1 == pattern.length()) {
                out.append(c);
                continue;
            }
            char code = pattern.charAt(++i);
            boolean unpadded = code == '-' && i + 1 < pattern.length();
            String text = unpadded ? field(pattern.charAt(++i), time) : field(code, time);
            out.append(unpadded && text.length() > 1 && text.startsWith("0") ? text.substring(1) : text);
        }
        return out.toString();
    }

    private static String field(char code, LocalDateTime time) {
        return switch (code) {
            case 'Y' -> String.valueOf(time.getYear());
            case 'y' -> padded(time.getYear() % 100, 2);
            case 'm' -> padded(time.getMonthValue(), 2);
            case 'd' -> padded(time.getDayOfMonth(), 2);
            case 'e' -> String.format("%2d", time.getDayOfMonth());
            case 'j' -> padded(time.getDayOfYear(), 3);
            case 'H' -> padded(time.getHour(), 2);
            case 'I' -> padded((time.getHour() + 11) % 12 + 1, 2);
            case 'M' -> padded(time.getMinute(), 2);
            case 'S' -> padded(time.getSecond(), 2);
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' ->
                time.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH).substring(0, 3);
            case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'a' ->
                time.getDayOfWeek()
                        .getDisplayName(TextStyle.SHORT, Locale.ENGLISH)
                        .substring(0, 3);
            case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
            case 'F' -> DateTimeFormatter.ISO_LOCAL_DATE.format(time);
            case 'T' ->
                padded(time.getHour(), 2) + ":" + padded(time.getMinute(), 2) + ":" + padded(time.getSecond(), 2);
            case 'n' -> "\n";
            case 't' -> "\t";
            case '%' -> "%";
            default -> "%" + code;
        };
    }

    private static String padded(int value, int width) {
        String text = String.valueOf(value);
        return "0".repeat(Math.max(0, width - text.length())) + text;
    }
}
