package io.dipper.chat.template;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Python's `str` and `repr`.
final class Texts {
    private final StringBuilder out = new StringBuilder();
    private final Budget budget;

    private Texts(Budget budget) {
        this.budget = budget;
    }

    static String of(Object value, Budget budget) {
        return switch (value) {
            case String text -> text;
            case Markup markup -> markup.text();
            case Undefined _ -> "";
            case null, default -> repr(value, budget);
        };
    }

    static String repr(Object value, Budget budget) {
        var texts = new Texts(budget);
        texts.append(value);
        return texts.out.toString();
    }

    /// For messages.
    static String plain(Object value) {
        return repr(value, new Budget());
    }

    private void append(Object value) {
        budget.enter();
        budget.text(out.length());
        switch (value) {
            case null -> out.append("None");
            case Boolean flag -> out.append(flag ? "True" : "False");
            case Double number -> out.append(Numbers.text(number));
            case String text -> quote(text);
            case Markup markup -> {
                out.append("Markup(");
                quote(markup.text());
                out.append(')');
            }
            case List<?> list -> items(list, "[", "]");
            case Tuple tuple -> items(tuple.items(), "(", tuple.items().size() == 1 ? ",)" : ")");
            case View view -> items(view.items(), view.name() + "([", "])");
            case Map<?, ?> map -> dict(map);
            case Undefined _ -> out.append("Undefined");
            case Lazy _ -> out.append("<generator object>");
            case Namespace namespace -> {
                out.append("<Namespace ");
                dict(namespace.members());
                out.append('>');
            }
            case Function _ -> out.append("<function>");
            default -> out.append(value);
        }
        budget.exit();
    }

    private void items(List<?> items, String open, String close) {
        out.append(open);
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                out.append(", ");
            }
            append(items.get(i));
        }
        out.append(close);
    }

    private void dict(Map<?, ?> map) {
        out.append('{');
        for (Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator(); entries.hasNext(); ) {
            Map.Entry<?, ?> entry = entries.next();
            append(entry.getKey());
            out.append(": ");
            append(entry.getValue());
            if (entries.hasNext()) {
                out.append(", ");
            }
        }
        out.append('}');
    }

    private void quote(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        text.codePoints().forEach(point -> {
            switch (point) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (point == quote) {
                        out.append('\\');
                    }
                    if (isPrintable(point)) {
                        out.appendCodePoint(point);
                    } else if (point < 0x100) {
                        out.append(String.format("\\x%02x", point));
                    } else if (point < 0x10000) {
                        out.append(String.format("\\u%04x", point));
                    } else {
                        out.append(String.format("\\U%08x", point));
                    }
                }
            }
        });
        out.append(quote);
    }

    private static boolean isPrintable(int point) {
        if (point == ' ') {
            return true;
        }
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }
}
