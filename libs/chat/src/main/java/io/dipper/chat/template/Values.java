package io.dipper.chat.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What Python does with values in general. None is null; strings are `String` or `Markup`, lists
/// `List`, dicts `Map`.
final class Values {
    private Values() {}

    /// A caller's value in the interpreter's types.
    static Object of(Object value) {
        return switch (value) {
            case null -> null;
            case Integer number -> (long) number;
            case Short number -> (long) number;
            case Byte number -> (long) number;
            case Float number -> (double) number;
            case java.math.BigDecimal number -> number.doubleValue();
            case BigInteger number -> Numbers.narrow(number);
            case Map<?, ?> map -> {
                var copy = new LinkedHashMap<Object, Object>();
                map.forEach((key, item) -> copy.put(of(key), of(item)));
                yield Collections.unmodifiableMap(copy);
            }
            case JsonNode node -> ofJson(node);
            case Iterable<?> items -> {
                var copy = new ArrayList<Object>();
                items.forEach(item -> copy.add(of(item)));
                yield Collections.unmodifiableList(copy);
            }
            case String text -> text;
            case Boolean flag -> flag;
            case Long number -> number;
            case Double number -> number;
            default -> throw new IllegalArgumentException("templates take no " + value.getClass());
        };
    }

    private static Object ofJson(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> node.stringValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> node.isIntegralNumber() ? Numbers.narrow(node.bigIntegerValue()) : node.doubleValue();
            case ARRAY -> {
                var items = new ArrayList<Object>();
                node.forEach(item -> items.add(ofJson(item)));
                yield Collections.unmodifiableList(items);
            }
            case OBJECT -> {
                var map = new LinkedHashMap<Object, Object>();
                node.properties().forEach(entry -> map.put(entry.getKey(), ofJson(entry.getValue())));
                yield Collections.unmodifiableMap(map);
            }
            case NULL, MISSING -> null;
            case BINARY, POJO -> throw new IllegalArgumentException("templates take no " + node.getNodeType());
        };
    }

    static boolean truth(Object value) {
        return switch (value) {
            case null -> false;
            case Undefined _ -> false;
            case Boolean flag -> flag;
            case String text -> !text.isEmpty();
            case Markup markup -> !markup.text().isEmpty();
            case Long number -> number != 0;
            case Double number -> number != 0;
            case BigInteger _ -> true;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case Tuple tuple -> !tuple.items().isEmpty();
            case View view -> !view.items().isEmpty();
            case Range range -> !range.items().isEmpty();
            default -> true;
        };
    }

    static String typeName(Object value) {
        return switch (value) {
            case null -> "NoneType";
            case Boolean _ -> "bool";
            case String _ -> "str";
            case Markup _ -> "Markup";
            case Long _ -> "int";
            case BigInteger _ -> "int";
            case Double _ -> "float";
            case List<?> _ -> "list";
            case Map<?, ?> _ -> "dict";
            case Tuple _ -> "tuple";
            case View view -> view.name();
            case Range _ -> "range";
            case Lazy _ -> "generator";
            case Namespace _ -> "Namespace";
            case Loop _ -> "LoopContext";
            case Undefined _ -> "Undefined";
            default -> "function";
        };
    }

    /// The text of a string, marked or not; null for all else.
    static String string(Object value) {
        return switch (value) {
            case String text -> text;
            case Markup markup -> markup.text();
            case null, default -> null;
        };
    }

    /// The items of a list or tuple; null for all else.
    static List<?> sequence(Object value) {
        return switch (value) {
            case List<?> list -> list;
            case Tuple tuple -> tuple.items();
            case null, default -> null;
        };
    }

    static boolean isIterable(Object value) {
        return string(value) != null
                || value instanceof List<?>
                || value instanceof Tuple
                || value instanceof Map<?, ?>
                || value instanceof View
                || value instanceof Range
                || value instanceof Lazy
                || value instanceof Undefined
                || value instanceof Loop;
    }

    @SuppressWarnings("unchecked")
    static Iterator<Object> iterator(Object value) {
        return switch (value) {
            case List<?> list -> ((List<Object>) list).iterator();
            case Tuple tuple -> tuple.items().iterator();
            case Map<?, ?> map -> ((Map<Object, Object>) map).keySet().iterator();
            case View view -> view.items().iterator();
            case Range range -> range.items().iterator();
            case Lazy lazy -> lazy.items();
            case String text -> characters(text).iterator();
            case Markup markup -> characters(markup.text()).iterator();
            case Undefined _ -> Collections.emptyIterator();
            case null, default -> throw TemplateException.type("'" + typeName(value) + "' object is not iterable");
        };
    }

    static List<Object> list(Object value, Budget budget) {
        var list = new ArrayList<Object>();
        for (Iterator<Object> items = iterator(value); items.hasNext(); ) {
            budget.step();
            list.add(items.next());
        }
        return list;
    }

    private static List<Object> characters(String text) {
        return text.codePoints().<Object>mapToObj(Character::toString).toList();
    }

    static long length(Object value) {
        return switch (value) {
            case String text -> text.codePointCount(0, text.length());
            case Markup markup -> length(markup.text());
            case List<?> list -> list.size();
            case Tuple tuple -> tuple.items().size();
            case Map<?, ?> map -> map.size();
            case View view -> view.items().size();
            case Range range -> range.items().size();
            case Undefined _ -> 0;
            case null, default -> throw TemplateException.type("object of type '" + typeName(value) + "' has no len()");
        };
    }

    static boolean equal(Object left, Object right, Budget budget) {
        budget.step();
        if (Numbers.is(left) && Numbers.is(right)) {
            return !isNan(left) && !isNan(right) && Numbers.compare(left, right) == 0;
        }
        String text = string(left);
        if (text != null) {
            return text.equals(string(right));
        }
        return switch (left) {
            case null -> right == null;
            case Undefined _ -> right instanceof Undefined;
            case List<?> list -> right instanceof List<?> other && equalItems(list, other, budget);
            case Range range -> right instanceof Range other && range.items().equals(other.items());
            case Tuple tuple -> right instanceof Tuple other && equalItems(tuple.items(), other.items(), budget);
            case Map<?, ?> map -> right instanceof Map<?, ?> other && equalMaps(map, other, budget);
            default -> left.equals(right);
        };
    }

    private static boolean isNan(Object value) {
        return value instanceof Double number && Double.isNaN(number);
    }

    private static boolean equalItems(List<?> left, List<?> right, Budget budget) {
        if (left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            if (!equal(left.get(i), right.get(i), budget)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalMaps(Map<?, ?> left, Map<?, ?> right, Budget budget) {
        if (left.size() != right.size()) {
            return false;
        }
        for (Map.Entry<?, ?> entry : left.entrySet()) {
            if (!right.containsKey(entry.getKey()) || !equal(entry.getValue(), right.get(entry.getKey()), budget)) {
                return false;
            }
        }
        return true;
    }

    /// A value as a dict knows it: text without its mark, 1.0 and true as 1.
    static Object key(Object value) {
        return switch (value) {
            case Markup markup -> markup.text();
            case Boolean flag -> flag ? 1L : 0L;
            case Double number when number == Math.rint(number) && Math.abs(number) < 1L << 53 -> number.longValue();
            case List<?> _ -> throw TemplateException.type("unhashable type: 'list'");
            case Map<?, ?> _ -> throw TemplateException.type("unhashable type: 'dict'");
            case null -> null;
            default -> value;
        };
    }

    /// The order of two values; fails where Python knows none.
    static int compare(Object left, Object right, String operator, Budget budget) {
        budget.step();
        if (left instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (right instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (Numbers.is(left) && Numbers.is(right)) {
            return Numbers.compare(left, right);
        }
        String a = string(left);
        String b = string(right);
        if (a != null && b != null) {
            return compareText(a, b);
        }
        List<?> items = sequence(left);
        List<?> others = sequence(right);
        if (items == null || others == null || left instanceof Tuple != right instanceof Tuple) {
            throw TemplateException.type("'" + operator + "' not supported between instances of '" + typeName(left)
                    + "' and '" + typeName(right) + "'");
        }
        for (int i = 0; i < Math.min(items.size(), others.size()); i++) {
            if (!equal(items.get(i), others.get(i), budget)) {
                return compare(items.get(i), others.get(i), operator, budget);
            }
        }
        return Integer.compare(items.size(), others.size());
    }

    /// By code point, which UTF-16 units are not.
    private static int compareText(String left, String right) {
        int at = 0;
        while (at < left.length() && at < right.length()) {
            int a = left.codePointAt(at);
            int b = right.codePointAt(at);
            if (a != b) {
                return Integer.compare(a, b);
            }
            at += Character.charCount(a);
        }
        return Integer.compare(left.length(), right.length());
    }
}
