package io.dipper.chat.template;

import java.util.ArrayList;
import java.util.List;

/// Cuts texts as `split`, `rsplit` and `splitlines` do.
final class Splits {
    private Splits() {}

    /// @param marked whether the parts are, as the text is
    static Object split(String text, Call call, boolean marked, boolean fromEnd) {
        String separator = call.atMost(2).optionalText(0, "sep");
        int limit = call.integer(1, "maxsplit", -1);
        int most = limit < 0 ? Integer.MAX_VALUE : limit;
        if (separator != null && separator.isEmpty()) {
            throw new TemplateException(TemplateException.Kind.VALUE, "empty separator");
        }
        List<String> parts;
        if (fromEnd) {
            parts = separator == null ? blanksFromEnd(text, most) : partsFromEnd(text, separator, most);
        } else {
            parts = separator == null ? blanks(text, most) : parts(text, separator, most);
        }
        return listed(parts, marked);
    }

    /// What is before the separator, the separator, and what is after it.
    static Object partition(String text, String separator, boolean marked, boolean fromEnd) {
        if (separator.isEmpty()) {
            throw new TemplateException(TemplateException.Kind.VALUE, "empty separator");
        }
        List<String> parts = fromEnd ? partsFromEnd(text, separator, 1) : parts(text, separator, 1);
        if (parts.size() == 1) {
            return new Tuple(listed(fromEnd ? List.of("", "", text) : List.of(text, "", ""), marked));
        }
        return new Tuple(listed(List.of(parts.getFirst(), separator, parts.getLast()), marked));
    }

    private static List<Object> listed(List<String> parts, boolean marked) {
        var list = new ArrayList<Object>(parts.size());
        for (String part : parts) {
            list.add(marked ? new Markup(part) : part);
        }
        return list;
    }

    static List<String> parts(String text, String separator, int most) {
        var parts = new ArrayList<String>();
        int at = 0;
        for (int found = text.indexOf(separator); found >= 0 && parts.size() < most; ) {
            parts.add(text.substring(at, found));
            at = found + separator.length();
            found = text.indexOf(separator, at);
        }
        parts.add(text.substring(at));
        return parts;
    }

    private static List<String> partsFromEnd(String text, String separator, int most) {
        var parts = new ArrayList<String>();
        int end = text.length();
        while (parts.size() < most) {
            int found = end < separator.length() ? -1 : text.lastIndexOf(separator, end - separator.length());
            if (found < 0) {
                break;
            }
            parts.add(text.substring(found + separator.length(), end));
            end = found;
        }
        parts.add(text.substring(0, end));
        return parts.reversed();
    }

    private static List<String> blanks(String text, int most) {
        var parts = new ArrayList<String>();
        String rest = Blanks.stripLeading(text);
        int at = 0;
        while (at < rest.length()) {
            int end = at;
            while (end < rest.length() && !Blanks.is(rest.charAt(end))) {
                end++;
            }
            if (parts.size() == most) {
                parts.add(rest.substring(at));
                return parts;
            }
            parts.add(rest.substring(at, end));
            at = end;
            while (at < rest.length() && Blanks.is(rest.charAt(at))) {
                at++;
            }
        }
        return parts;
    }

    private static List<String> blanksFromEnd(String text, int most) {
        String turned = new StringBuilder(text).reverse().toString();
        return blanks(turned, most).reversed().stream()
                .map(part -> new StringBuilder(part).reverse().toString())
                .toList();
    }

    static Object lines(String text, boolean keepEnds, boolean marked) {
        var lines = new ArrayList<String>();
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length()
                    && "\n\r\u000B\f\u001C\u001D\u001E\u0085\u2028\u2029".indexOf(text.charAt(end)) < 0) {
                end++;
            }
            int next = end == text.length() ? end : end + (text.startsWith("\r\n", end) ? 2 : 1);
            lines.add(text.substring(at, keepEnds ? next : end));
            at = next;
        }
        return listed(lines, marked);
    }
}
