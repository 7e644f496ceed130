package io.dipper.chat.template;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// JSON as Python's `json.dumps` writes it, which models were trained on.
final class JsonText {
    private final StringBuilder out = new StringBuilder();
    private final Budget budget;
    private final boolean asciiOnly;
    private final boolean sorts;
    /// Null for all on one line.
    private final String indent;

    private final String itemSeparator;
    private final String keySeparator;

    private JsonText(Call call, Budget budget) {
        this.budget = budget;
        this.asciiOnly = call.flag(0, "ensure_ascii", false);
        this.indent = indent(call);
        Object separators = call.get(2, "separators", null);
        List<?> pair = Values.sequence(separators);
        if (separators != null && (pair == null || pair.size() != 2)) {
            throw TemplateException.type("separators must be two texts");
        }
        itemSeparator = pair == null ? (indent == null ? ", " : ",") : Texts.of(pair.get(0), budget);
        keySeparator = pair == null ? ": " : Texts.of(pair.get(1), budget);
        this.sorts = call.flag(3, "sort_keys", false);
    }

    private static String indent(Call call) {
        Object value = call.get(1, "indent", null);
        if (value == null || Values.string(value) != null) {
            return Values.string(value);
        }
        return " ".repeat(Math.clamp(call.integer(1, "indent", 0), 0, 1_000));
    }

    static String of(Object value, Call options, Budget budget) {
        var json = new JsonText(options, budget);
        json.append(value, 0);
        return json.out.toString();
    }

    private void append(Object value, int level) {
        budget.enter();
        budget.text(out.length());
        switch (value) {
            case null -> out.append("null");
            case Boolean flag -> out.append(flag ? "true" : "false");
            case String text -> quote(text);
            case Markup markup -> quote(markup.text());
            case Double number -> out.append(number(number));
            case List<?> list -> list(list, level);
            case Tuple tuple -> list(tuple.items(), level);
            case Map<?, ?> map -> map(map, level);
            default -> {
                if (!Numbers.isInteger(value)) {
                    throw TemplateException.type(
                            "Object of type " + Values.typeName(value) + " is not JSON serializable");
                }
                out.append(value);
            }
        }
        budget.exit();
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "Infinity" : "-Infinity";
        }
        return Numbers.text(value);
    }

    private void list(List<?> items, int level) {
        if (items.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                out.append(itemSeparator);
            }
            lineEnd(level + 1);
            append(items.get(i), level + 1);
        }
        lineEnd(level);
        out.append(']');
    }

    private void map(Map<?, ?> map, int level) {
        if (map.isEmpty()) {
            out.append("{}");
            return;
        }
        var entries = new ArrayList<Map.Entry<?, ?>>(map.entrySet());
        if (sorts) {
            Comparator<Object> order = (a, b) -> Values.compare(a, b, "<", budget);
            entries.sort(Comparator.comparing(Map.Entry::getKey, order));
        }
        out.append('{');
        boolean first = true;
        for (Map.Entry<?, ?> entry : entries) {
            if (!first) {
                out.append(itemSeparator);
            }
            first = false;
            lineEnd(level + 1);
            key(entry.getKey());
            out.append(keySeparator);
            append(entry.getValue(), level + 1);
        }
        lineEnd(level);
        out.append('}');
    }

    private void key(Object key) {
        String text = Values.string(key);
        if (text != null) {
            quote(text);
        } else if (key == null || Numbers.is(key)) {
            out.append('"');
            append(key, 0);
            out.append('"');
        } else {
            throw TemplateException.type("keys must be str, int, float, bool or None, not " + Values.typeName(key));
        }
    }

    private void lineEnd(int level) {
        if (indent != null) {
            out.append('\n').repeat(indent, level);
        }
    }

    private void quote(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ' || (asciiOnly && c > '~' && c != 0x7F)) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
