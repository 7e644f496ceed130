package io.dipper.chat.template;

/// Text marked as safe. Nothing is escaped when printed, yet adding other text to it escapes that
/// text.
record Markup(String text) {
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace(">", "&gt;")
                .replace("<", "&lt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    /// Texts that are filled into marked text: escaped, alone or in a tuple; other values as they are.
    static Object escapedTexts(Object values) {
        return switch (values) {
            case String text -> escape(text);
            case Tuple tuple ->
                new Tuple(tuple.items().stream().map(Markup::escapedTexts).toList());
            case null, default -> values;
        };
    }

    /// The text of the value as it joins marked text.
    static String escaped(Object value, Budget budget) {
        return value instanceof Markup markup ? markup.text : escape(Texts.of(value, budget));
    }
}
