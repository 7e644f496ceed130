package io.dipper.chat.template;

/// Backslashes in string literals.
final class Escapes {
    private Escapes() {}

    static String decode(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '\\' || at == text.length()) {
                out.append(c);
            } else {
                at = escape(text, at, out);
            }
        }
        return out.toString();
    }

    /// Returns where the text goes on after the escape whose letter is at the index.
    private static int escape(String text, int at, StringBuilder out) {
        char letter = text.charAt(at);
        switch (letter) {
            case '\n' -> {
                // A line that goes on.
            }
            case 'n' -> out.append('\n');
            case 't' -> out.append('\t');
            case 'r' -> out.append('\r');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'a' -> out.append('\u0007');
            case 'v' -> out.append('\u000B');
            case '\\', '\'', '"' -> out.append(letter);
            case 'x' -> {
                return hex(text, at + 1, 2, out);
            }
            case 'u' -> {
                return hex(text, at + 1, 4, out);
            }
            case 'U' -> {
                return hex(text, at + 1, 8, out);
            }
            default -> {
                if (letter >= '0' && letter <= '7') {
                    return octal(text, at, out);
                }
                out.append('\\').append(letter);
            }
        }
        return at + 1;
    }

    private static int octal(String text, int at, StringBuilder out) {
        int value = 0;
        int end = at;
        while (end < text.length() && end < at + 3 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
            value = value * 8 + text.charAt(end++) - '0';
        }
        out.appendCodePoint(value);
        return end;
    }

    private static int hex(String text, int at, int digits, StringBuilder out) {
        int value = 0;
        for (int i = at; i < at + digits; i++) {
            int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                throw new TemplateException(TemplateException.Kind.SYNTAX, "a string has a cut-off escape");
            }
            value = value * 16 + digit;
        }
        if (!Character.isValidCodePoint(value)) {
            throw new TemplateException(TemplateException.Kind.SYNTAX, "a string has an escape of no character");
        }
        out.appendCodePoint(value);
        return at + digits;
    }
}
