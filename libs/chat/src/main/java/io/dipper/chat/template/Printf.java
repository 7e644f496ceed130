package io.dipper.chat.template;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `text % values`.
final class Printf {
    private static final Pattern CONVERSION =
            Pattern.compile("%(?:\\(([^)]*)\\))?([-+ 0#]*)(\\d{1,5})?(?:\\.(\\d{1,3}))?([a-zA-Z%])?");

    private Printf() {}

    static String format(String text, Object values, Budget budget) {
        List<?> items = values instanceof Tuple tuple ? tuple.items() : null;
        int next = 0;
        var out = new StringBuilder();
        Matcher matcher = CONVERSION.matcher(text);
        int at = 0;
        while (matcher.find()) {
            out.append(text, at, matcher.start());
            at = matcher.end();
            if (matcher.group(5) == null) {
                throw new TemplateException(TemplateException.Kind.VALUE, "incomplete format");
            }
            if (matcher.group(5).equals("%")) {
                out.append('%');
                continue;
            }
            Object value;
            if (matcher.group(1) != null) {
                value = named(values, matcher.group(1));
            } else if (items == null ? next > 0 : next >= items.size()) {
                throw TemplateException.type("not enough arguments for format string");
            } else {
                value = items == null ? values : items.get(next);
                next++;
            }
            out.append(convert(matcher, value, budget));
            budget.text(out.length());
        }
        boolean usesAll = items == null ? next > 0 || isMapping(values) : next == items.size();
        if (!usesAll) {
            throw TemplateException.type("not all arguments converted during string formatting");
        }
        return out.append(text, at, text.length()).toString();
    }

    /// What has members by Python's rules: a list has, too.
    private static boolean isMapping(Object values) {
        return values instanceof Map<?, ?>
                || values instanceof List<?>
                || values instanceof Range
                || values instanceof Undefined;
    }

    private static Object named(Object values, String name) {
        if (!(values instanceof Map<?, ?> map)) {
            throw TemplateException.type("format requires a mapping");
        }
        if (!map.containsKey(name)) {
            throw new TemplateException(TemplateException.Kind.VALUE, "no value for '" + name + "'");
        }
        return map.get(name);
    }

    private static String convert(Matcher matcher, Object value, Budget budget) {
        String flags = matcher.group(2);
        int precision = matcher.group(4) == null ? -1 : Integer.parseInt(matcher.group(4));
        String body = switch (matcher.group(5)) {
            case "s" -> cut(Texts.of(value, budget), precision);
            case "r" -> cut(Texts.repr(value, budget), precision);
            case "d", "i", "u" ->
                number(value, matcher.group(5)) instanceof Double real
                        ? new BigDecimal(real).toBigInteger().toString()
                        : Numbers.integer(value).toString();
            case "x" -> Numbers.integer(number(value, "x")).toString(16);
            case "X" -> Numbers.integer(number(value, "X")).toString(16).toUpperCase(Locale.ROOT);
            case "f", "F" -> fixed(Numbers.real(number(value, "f")), precision < 0 ? 6 : precision);
            default ->
                throw new TemplateException(
                        TemplateException.Kind.VALUE, "unsupported format character '" + matcher.group(5) + "'");
        };
        boolean numeric = !"sr".contains(matcher.group(5));
        if (numeric && !body.startsWith("-")) {
            body = (flags.contains("+") ? "+" : flags.contains(" ") ? " " : "") + body;
        }
        int width = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
        return pad(body, width, flags.contains("-") ? '<' : '>', numeric && flags.contains("0") ? '0' : ' ');
    }

    private static Object number(Object value, String conversion) {
        if (!Numbers.is(value) || (value instanceof Double && conversion.equalsIgnoreCase("x"))) {
            throw TemplateException.type(
                    "%" + conversion + " format: a number is required, not " + Values.typeName(value));
        }
        return value;
    }

    static String fixed(double value, int digits) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Numbers.text(value);
        }
        return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    }

    static String pad(String text, int width, char align, char filler) {
        int missing = width - text.codePointCount(0, text.length());
        if (missing <= 0) {
            return text;
        }
        String padding = String.valueOf(filler).repeat(missing);
        if (align == '<') {
            return text + " ".repeat(missing);
        }
        boolean signed = filler == '0' && (text.startsWith("-") || text.startsWith("+"));
        return signed ? text.charAt(0) + padding + text.substring(1) : padding + text;
    }

    private static String cut(String text, int length) {
        int size = text.codePointCount(0, text.length());
        return length < 0 || length >= size ? text : text.substring(0, text.offsetByCodePoints(0, length));
    }
}
