package io.dipper.chat.template;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `text.format(…)`: fields by order, number or name; widths, alignment and fixed decimals. Fields
/// that reach into their values are refused, as the sandbox has it.
final class StringFormat {
    private static final Pattern FIELD = Pattern.compile("\\{\\{|}}|\\{([A-Za-z0-9_]*)(![rs])?(?::([^{}]*))?}|[{}]");
    private static final Pattern SPEC = Pattern.compile("(?:(.)?([<>^]))?(0)?(\\d{1,5})?(?:\\.(\\d{1,3}))?([sdf])?");

    private StringFormat() {}

    static String format(String text, Call call, Budget budget) {
        var out = new StringBuilder();
        Matcher matcher = FIELD.matcher(text);
        int at = 0;
        int next = 0;
        while (matcher.find()) {
            out.append(text, at, matcher.start());
            at = matcher.end();
            String whole = matcher.group();
            if (whole.equals("{{") || whole.equals("}}")) {
                out.append(whole.charAt(0));
                continue;
            }
            if (whole.length() == 1) {
                throw new TemplateException(TemplateException.Kind.VALUE, "a format field cannot be read");
            }
            String name = matcher.group(1);
            Object value = name.isEmpty() ? call.require(next++, "value") : argument(call, name);
            if ("!r".equals(matcher.group(2))) {
                value = Texts.repr(value, budget);
            }
            out.append(field(value, matcher.group(3), budget));
            budget.text(out.length());
        }
        return out.append(text, at, text.length()).toString();
    }

    private static Object argument(Call call, String name) {
        boolean numbered = name.length() < 4 && name.chars().allMatch(Character::isDigit);
        return call.require(numbered ? Integer.parseInt(name) : Integer.MAX_VALUE, name);
    }

    private static String field(Object value, String spec, Budget budget) {
        if (spec == null || spec.isEmpty()) {
            return Texts.of(value, budget);
        }
        Matcher matcher = SPEC.matcher(spec);
        if (!matcher.matches()) {
            throw new TemplateException(TemplateException.Kind.VALUE, "invalid format specifier '" + spec + "'");
        }
        String body;
        if (matcher.group(5) != null && Numbers.is(value)) {
            body = Printf.fixed(Numbers.real(value), Integer.parseInt(matcher.group(5)));
        } else if ("f".equals(matcher.group(6)) && Numbers.is(value)) {
            body = Printf.fixed(Numbers.real(value), 6);
        } else {
            body = Texts.of(value, budget);
        }
        int width = matcher.group(4) == null ? 0 : Integer.parseInt(matcher.group(4));
        char align = matcher.group(2) == null
                ? (Numbers.is(value) ? '>' : '<')
                : matcher.group(2).charAt(0);
        char filler = matcher.group(3) != null && Numbers.is(value) ? '0' : ' ';
        if (matcher.group(1) != null) {
            filler = matcher.group(1).charAt(0);
        }
        if (align == '^') {
            int missing = Math.max(0, width - (int) Values.length(body));
            String padding = String.valueOf(filler);
            return padding.repeat(missing / 2) + body + padding.repeat(missing - missing / 2);
        }
        return Printf.pad(body, width, align, filler);
    }
}
