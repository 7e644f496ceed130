package io.dipper.servicesupport.http;

/// What may be a name that people give and read.
public final class PlainText {
    private PlainText() {}

    /// Whether a text has whole characters only, and no control characters: PostgreSQL keeps no U+0000
    /// and no half of a surrogate pair, and nobody sees the others.
    public static boolean isPlain(String text) {
        return text.codePoints()
                .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
    }
}
