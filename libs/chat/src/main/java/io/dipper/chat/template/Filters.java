package io.dipper.chat.template;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Filters on single values. Filters that go through items are in [SequenceFilters].
final class Filters {
    private static final Set<String> OWN = Set.of(
            "tojson",
            "length",
            "count",
            "trim",
            "string",
            "default",
            "d",
            "safe",
            "escape",
            "e",
            "lower",
            "upper",
            "title",
            "capitalize",
            "replace",
            "format",
            "indent",
            "int",
            "float",
            "abs",
            "round");
    static final Set<String> NAMES = names();

    private final Budget budget;
    private final SequenceFilters sequences;

    Filters(Budget budget, Members members) {
        this.budget = budget;
        this.sequences = new SequenceFilters(budget, members, this);
    }

    private static Set<String> names() {
        var names = new HashSet<>(OWN);
        names.addAll(SequenceFilters.NAMES);
        return Set.copyOf(names);
    }

    Object apply(Object value, Call call) {
        if (SequenceFilters.NAMES.contains(call.function())) {
            return sequences.apply(value, call);
        }
        return switch (call.function()) {
            case "tojson" -> JsonText.of(value, call, budget);
            case "length", "count" -> Values.length(value);
            case "default", "d" -> {
                boolean replaces =
                        value instanceof Undefined || (call.flag(1, "boolean", false) && !Values.truth(value));
                yield replaces ? call.get(0, "default_value", "") : value;
            }
            case "safe" -> new Markup(Texts.of(value, budget));
            case "escape", "e" -> new Markup(Markup.escaped(value, budget));
            case "string" -> soft(value);
            case "int" -> integer(value, call);
            case "float" -> real(value, call.get(0, "default", 0.0));
            case "abs" -> absolute(value);
            case "round" -> round(value, call);
            default -> text(value, call);
        };
    }

    private Object text(Object value, Call call) {
        Object text = soft(value);
        return switch (call.function()) {
            case "trim" -> {
                String characters = call.optionalText(0, "chars");
                yield like(text, StringMethods.strip(Values.string(text), characters, true, true));
            }
            case "lower" -> like(text, StringMethods.lower(Values.string(text)));
            case "upper" -> like(text, StringMethods.upper(Values.string(text)));
            case "capitalize" -> like(text, StringMethods.capitalize(Values.string(text)));
            case "title" -> title(Values.string(text));
            case "replace" ->
                StringMethods.replace(
                        Values.string(text),
                        Texts.of(call.require(0, "old"), budget),
                        Texts.of(call.require(1, "new"), budget),
                        call.get(2, "count", null) == null ? -1 : call.integer(2, "count", -1),
                        budget);
            case "format" ->
                Printf.format(
                        Values.string(text),
                        call.named().isEmpty() ? new Tuple(call.arguments()) : call.named(),
                        budget);
            case "indent" -> indent(new Call("indent", Collections.singletonList(value), Map.of()).text(0, "s"), call);
            default -> throw new IllegalStateException("no filter: " + call.function());
        };
    }

    /// The value as a text that keeps its mark.
    private Object soft(Object value) {
        return value instanceof Markup ? value : Texts.of(value, budget);
    }

    private static Object like(Object original, String text) {
        return original instanceof Markup ? new Markup(text) : text;
    }

    /// Words begin after blanks, dashes and opening brackets.
    private static String title(String text) {
        var out = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && !separates(text.charAt(end))) {
                end++;
            }
            out.append(StringMethods.capitalize(text.substring(at, end)));
            while (end < text.length() && separates(text.charAt(end))) {
                out.append(text.charAt(end++));
            }
            at = end;
        }
        return out.toString();
    }

    private static boolean separates(char c) {
        return Blanks.is(c) || "-({[<".indexOf(c) >= 0;
    }

    private String indent(String text, Call call) {
        Object width = call.get(0, "width", 4L);
        String indent = Values.string(width);
        if (indent == null) {
            indent = " ".repeat(Math.clamp(call.integer(0, "width", 4), 0, 10_000));
        }
        boolean blankToo = call.flag(2, "blank", false);
        String[] lines = (text + "\n").split("\n", -1);
        var out = new StringBuilder();
        for (int i = 0; i < lines.length - 1; i++) {
            boolean indents = i > 0 ? blankToo || !lines[i].isEmpty() : call.flag(1, "first", false);
            out.append(i > 0 ? "\n" : "").append(indents ? indent : "").append(lines[i]);
            budget.text(out.length());
        }
        return out.toString();
    }

    private Object integer(Object value, Call call) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        Object otherwise = call.get(0, "default", 0L);
        try {
            if (value instanceof Double number) {
                return Numbers.narrow(new java.math.BigDecimal(number).toBigInteger());
            }
            if (Numbers.isInteger(value)) {
                return Numbers.narrow(Numbers.integer(value));
            }
            String text = Values.string(value);
            if (text == null) {
                return otherwise;
            }
            String digits = StringMethods.strip(text, null, true, true).replace("_", "");
            if (digits.length() > 4_000) {
                return otherwise;
            }
            int base = call.integer(1, "base", 10);
            if (base == 10 && digits.matches("[+-]?(\\d+\\.\\d*|\\.\\d+|\\d+)([eE][+-]?\\d{1,3})?")) {
                return Numbers.narrow(new java.math.BigDecimal(digits).toBigInteger());
            }
            String plain = digits.replaceFirst("^0[xXoObB]", "");
            return Numbers.narrow(new java.math.BigInteger(plain, base));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private static Object real(Object value, Object otherwise) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (Numbers.is(value)) {
            return Numbers.real(value);
        }
        String text = Values.string(value);
        try {
            return text == null ? otherwise : (Object) Double.valueOf(StringMethods.strip(text, null, true, true));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private static Object absolute(Object value) {
        if (value instanceof Double number) {
            return Math.abs(number);
        }
        Object negated = Operators.negative(value);
        return Numbers.compare(negated, 0L) >= 0 ? negated : Operators.negative(negated);
    }

    private static Object round(Object value, Call call) {
        if (!Numbers.is(value)) {
            throw TemplateException.type("type " + Values.typeName(value) + " doesn't define __round__ method");
        }
        int digits = Math.clamp(call.integer(0, "precision", 0), -300, 300);
        var mode = switch (Texts.plain(call.get(1, "method", "common"))) {
            case "'ceil'" -> java.math.RoundingMode.CEILING;
            case "'floor'" -> java.math.RoundingMode.FLOOR;
            default -> java.math.RoundingMode.HALF_EVEN;
        };
        if (Numbers.isInteger(value) && mode == java.math.RoundingMode.HALF_EVEN) {
            var whole = new java.math.BigDecimal(Numbers.integer(value));
            return Numbers.narrow(whole.setScale(Math.min(digits, 0), mode).toBigInteger());
        }
        return new java.math.BigDecimal(Numbers.real(value))
                .setScale(digits, mode)
                .doubleValue();
    }

    /// For filters that take a filter's name.
    Object applyNamed(String name, Object value, List<Object> arguments, Map<String, Object> named) {
        if (!NAMES.contains(name)) {
            throw new TemplateException(TemplateException.Kind.RUNTIME, "No filter named '" + name + "' found.");
        }
        return apply(value, new Call(name, arguments, named));
    }
}
