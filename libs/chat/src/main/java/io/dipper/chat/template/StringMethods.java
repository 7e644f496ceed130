package io.dipper.chat.template;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The methods of strings.
final class StringMethods {
    static final Set<String> NAMES = Set.of(
            "split",
            "rsplit",
            "partition",
            "rpartition",
            "splitlines",
            "strip",
            "lstrip",
            "rstrip",
            "startswith",
            "endswith",
            "replace",
            "lower",
            "upper",
            "title",
            "capitalize",
            "format",
            "join",
            "find",
            "rfind",
            "index",
            "count",
            "isdigit",
            "isalpha",
            "isalnum",
            "isspace",
            "isupper",
            "islower",
            "zfill",
            "ljust",
            "rjust",
            "center",
            "removeprefix",
            "removesuffix");

    private StringMethods() {}

    static Object call(Object owner, Call call, Budget budget) {
        String text = Values.string(owner);
        budget.text(text.length());
        boolean marked = owner instanceof Markup;
        Object result = switch (call.function()) {
            case "split" -> Splits.split(text, call, marked, false);
            case "rsplit" -> Splits.split(text, call, marked, true);
            case "partition" -> Splits.partition(text, call.text(0, "sep"), marked, false);
            case "rpartition" -> Splits.partition(text, call.text(0, "sep"), marked, true);
            case "splitlines" -> Splits.lines(text, call.flag(0, "keepends", false), marked);
            case "join" -> join(owner, call.require(0, "iterable"), budget);
            case "format" -> StringFormat.format(text, call, budget);
            case "startswith" -> affix(text, call, true);
            case "endswith" -> affix(text, call, false);
            case "find", "rfind", "index", "count" -> search(text, call);
            case "isdigit" -> all(text, Character::isDigit);
            case "isalpha" -> all(text, Character::isLetter);
            case "isalnum" -> all(text, Character::isLetterOrDigit);
            case "isspace" -> !text.isEmpty() && Blanks.isBlank(text);
            case "isupper" -> isUpper(text);
            case "islower" -> isLower(text);
            default -> changed(text, call, budget);
        };
        return marked && result instanceof String changed ? new Markup(changed) : result;
    }

    private static String changed(String text, Call call, Budget budget) {
        return switch (call.function()) {
            case "strip" -> strip(text, call.atMost(1).optionalText(0, "chars"), true, true);
            case "lstrip" -> strip(text, call.atMost(1).optionalText(0, "chars"), true, false);
            case "rstrip" -> strip(text, call.atMost(1).optionalText(0, "chars"), false, true);
            case "replace" ->
                replace(text, call.text(0, "old"), call.text(1, "new"), call.integer(2, "count", -1), budget);
            case "lower" -> lower(text);
            case "upper" -> upper(text);
            case "title" -> title(text);
            case "capitalize" -> capitalize(text);
            case "zfill" -> fill(text, call, '0', budget);
            case "ljust" -> text + padding(text, call, budget);
            case "rjust" -> padding(text, call, budget) + text;
            case "center" -> {
                String around = padding(text, call, budget);
                // Of an odd number, the larger half comes first only if the width is odd too.
                int left = around.length() / 2 + (around.length() & call.integer(0, "width", 0) & 1);
                yield around.substring(0, left) + text + around.substring(left);
            }
            case "removeprefix" -> {
                String prefix = call.text(0, "prefix");
                yield text.startsWith(prefix) ? text.substring(prefix.length()) : text;
            }
            case "removesuffix" -> {
                String suffix = call.text(0, "suffix");
                yield text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
            }
            default -> throw new IllegalStateException("no method: " + call.function());
        };
    }

    /// @param characters what to take away; null for white space
    static String strip(String text, String characters, boolean front, boolean back) {
        if (characters == null) {
            String stripped = front ? Blanks.stripLeading(text) : text;
            return back ? Blanks.stripTrailing(stripped) : stripped;
        }
        int start = 0;
        int end = text.length();
        while (front && start < end && characters.indexOf(text.codePointAt(start)) >= 0) {
            start += Character.charCount(text.codePointAt(start));
        }
        while (back && end > start && characters.indexOf(text.codePointBefore(end)) >= 0) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return text.substring(start, end);
    }

    static String replace(String text, String old, String fresh, int count, Budget budget) {
        if (count == 0) {
            return text;
        }
        var out = new StringBuilder();
        int at = 0;
        int left = count < 0 ? Integer.MAX_VALUE : count;
        if (old.isEmpty()) {
            while (left-- > 0) {
                out.append(fresh);
                budget.text(out.length());
                if (at == text.length()) {
                    return out.toString();
                }
                int next = text.offsetByCodePoints(at, 1);
                out.append(text, at, next);
                at = next;
            }
            return out.append(text, at, text.length()).toString();
        }
        for (int found = text.indexOf(old); found >= 0 && left-- > 0; found = text.indexOf(old, at)) {
            out.append(text, at, found).append(fresh);
            if (out.length() > Budget.MAX_TEXT) {
                budget.text(out.length());
            }
            at = found + old.length();
        }
        out.append(text, at, text.length());
        budget.text(out.length());
        return out.toString();
    }

    static boolean isUpper(String text) {
        return !text.equals(lower(text)) && text.equals(upper(text));
    }

    static boolean isLower(String text) {
        return !text.equals(upper(text)) && text.equals(lower(text));
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.offsetByCodePoints(0, 1);
        return titled(text.codePointAt(0)) + lower(text.substring(first));
    }

    /// Every letter that follows none is made large, every other small.
    private static String title(String text) {
        var out = new StringBuilder();
        boolean inWord = false;
        for (int point : text.codePoints().toArray()) {
            String letter = Character.toString(point);
            out.append(inWord ? lower(letter) : titled(point));
            inWord = Character.isUpperCase(point) || Character.isLowerCase(point) || Character.isTitleCase(point);
        }
        return out.toString();
    }

    private static String titled(int point) {
        // Some letters, such as the German sharp s, become two.
        String large = upper(Character.toString(point));
        return large.codePointCount(0, large.length()) > 1
                ? large.charAt(0) + lower(large.substring(1))
                : Character.toString(Character.toTitleCase(point));
    }

    private static Object join(Object separator, Object items, Budget budget) {
        boolean marked = separator instanceof Markup;
        String between = Values.string(separator);
        var out = new StringBuilder();
        int index = 0;
        for (Iterator<Object> all = Values.iterator(items); all.hasNext(); index++) {
            Object item = all.next();
            if (Values.string(item) == null && !marked) {
                throw TemplateException.type(
                        "sequence item " + index + ": expected str instance, " + Values.typeName(item) + " found");
            }
            out.append(index == 0 ? "" : between);
            out.append(marked ? Markup.escaped(item, budget) : Values.string(item));
            budget.text(out.length());
        }
        return out.toString();
    }

    private static boolean affix(String text, Call call, boolean front) {
        Object affix = call.require(0, "affix");
        if (affix instanceof Tuple tuple) {
            return tuple.items().stream()
                    .anyMatch(one -> affix(text, new Call(call.function(), List.of(one), call.named()), front));
        }
        String wanted = call.text(0, "affix");
        if (!call.has(1, "start")) {
            return front ? text.startsWith(wanted) : text.endsWith(wanted);
        }
        int start = offset(text, call.integer(1, "start", 0));
        return front ? text.startsWith(wanted, start) : text.substring(start).endsWith(wanted);
    }

    private static int offset(String text, int index) {
        int size = text.codePointCount(0, text.length());
        return text.offsetByCodePoints(0, Math.clamp(index < 0 ? index + size : index, 0, size));
    }

    private static Object search(String text, Call call) {
        String wanted = call.text(0, "sub");
        if (call.function().equals("count")) {
            return wanted.isEmpty()
                    ? Values.length(text) + 1
                    : (long) Splits.parts(text, wanted, Integer.MAX_VALUE).size() - 1;
        }
        int start = offset(text, call.integer(1, "start", 0));
        int found = call.function().equals("rfind") ? text.lastIndexOf(wanted) : text.indexOf(wanted, start);
        if (found < 0 && call.function().equals("index")) {
            throw new TemplateException(TemplateException.Kind.VALUE, "substring not found");
        }
        return found < 0 ? -1L : (long) text.codePointCount(0, found);
    }

    private static boolean all(String text, java.util.function.IntPredicate predicate) {
        return !text.isEmpty() && text.codePoints().allMatch(predicate);
    }

    private static String fill(String text, Call call, char filler, Budget budget) {
        int missing = call.integer(0, "width", 0) - (int) Values.length(text);
        if (missing <= 0) {
            return text;
        }
        budget.text(missing);
        int sign = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        return text.substring(0, sign) + String.valueOf(filler).repeat(missing) + text.substring(sign);
    }

    private static String padding(String text, Call call, Budget budget) {
        int missing = Math.max(0, call.integer(0, "width", 0) - (int) Values.length(text));
        String filler = call.has(1, "fillchar") ? call.text(1, "fillchar") : " ";
        budget.text(missing);
        return filler.repeat(missing);
    }
}
