package io.dipper.chat.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Attributes, items and slices.
final class Members {
    private static final Set<String> DICT_METHODS = Set.of("items", "keys", "values", "get", "copy");
    private static final Set<String> DICT_CHANGES = Set.of("update", "pop", "popitem", "setdefault", "clear");
    private static final Set<String> SEARCHES = Set.of("index", "count");
    private static final Set<String> LIST_METHODS = Set.of("index", "count", "copy");
    private static final Set<String> LIST_CHANGES =
            Set.of("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse");

    private final Budget budget;

    Members(Budget budget) {
        this.budget = budget;
    }

    Object attribute(Object owner, String name) {
        if (owner instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (owner instanceof Namespace namespace && namespace.members().containsKey(name)) {
            return namespace.members().get(name);
        }
        Object own = method(owner, name);
        if (own != null) {
            return own;
        }
        if (owner instanceof Map<?, ?> map && map.containsKey(name)) {
            return map.get(name);
        }
        return Undefined.member(owner, name);
    }

    Object item(Object owner, Object key) {
        if (owner instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (owner instanceof Map<?, ?> map && !(key instanceof List<?>) && !(key instanceof Map<?, ?>)) {
            Object normal = Values.key(key);
            if (map.containsKey(normal)) {
                return map.get(normal);
            }
        }
        if (Numbers.isInteger(key)) {
            return indexed(owner, key);
        }
        String name = Values.string(key);
        Object own = name == null ? null : method(owner, name);
        return own == null ? Undefined.member(owner, key) : own;
    }

    private static Object indexed(Object owner, Object key) {
        List<?> items = owner instanceof Range range ? range.items() : Values.sequence(owner);
        String text = Values.string(owner);
        if (items == null && text == null) {
            return Undefined.member(owner, key);
        }
        long size = Values.length(owner);
        long index =
                Numbers.integer(key).bitLength() < 63 ? Numbers.integer(key).longValue() : Long.MAX_VALUE;
        if (index < 0) {
            index += size;
        }
        if (index < 0 || index >= size) {
            return Undefined.member(owner, key);
        }
        if (items != null) {
            return items.get((int) index);
        }
        int at = text.offsetByCodePoints(0, (int) index);
        return Character.toString(text.codePointAt(at));
    }

    /// What the owner's type gives under that name; null if nothing.
    private Object method(Object owner, String name) {
        if (name.startsWith("__") && name.endsWith("__")) {
            return owner instanceof Map<?, ?> map && map.containsKey(name) ? null : Undefined.unsafe(owner, name);
        }
        return switch (owner) {
            case Loop loop -> loop.member(name);
            case String _, Markup _ ->
                StringMethods.NAMES.contains(name)
                        ? (Function) (arguments, named) ->
                                StringMethods.call(owner, new Call(name, arguments, named), budget)
                        : null;
            case Map<?, ?> map -> {
                if (DICT_CHANGES.contains(name)) {
                    yield Undefined.unsafe(owner, name);
                }
                yield DICT_METHODS.contains(name)
                        ? (Function) (arguments, named) -> dict(map, new Call(name, arguments, named))
                        : null;
            }
            case List<?> list -> {
                if (LIST_CHANGES.contains(name)) {
                    yield Undefined.unsafe(owner, name);
                }
                yield LIST_METHODS.contains(name)
                        ? (Function) (arguments, named) -> list(list, new Call(name, arguments, named))
                        : null;
            }
            case Tuple tuple ->
                SEARCHES.contains(name)
                        ? (Function) (arguments, named) -> list(tuple.items(), new Call(name, arguments, named))
                        : null;
            case Range range ->
                SEARCHES.contains(name)
                        ? (Function) (arguments, named) -> list(range.items(), new Call(name, arguments, named))
                        : null;
            case null, default -> null;
        };
    }

    private Object dict(Map<?, ?> map, Call call) {
        budget.steps(map.size());
        return switch (call.function()) {
            case "items" -> items(map);
            case "keys" -> new View("dict_keys", new ArrayList<>(map.keySet()));
            case "values" -> new View("dict_values", new ArrayList<>(map.values()));
            case "copy" -> map;
            default -> {
                Object key = Values.key(call.atMost(2).require(0, "key"));
                yield map.containsKey(key) ? map.get(key) : call.get(1, "default", null);
            }
        };
    }

    static View items(Map<?, ?> map) {
        var items = new ArrayList<Object>(map.size());
        map.forEach((key, value) -> items.add(Tuple.of(key, value)));
        return new View("dict_items", items);
    }

    private Object list(List<?> list, Call call) {
        if (call.function().equals("copy")) {
            return list;
        }
        Object wanted = call.require(0, "value");
        long count = 0;
        for (int i = 0; i < list.size(); i++) {
            if (Values.equal(list.get(i), wanted, budget)) {
                if (call.function().equals("index")) {
                    return (long) i;
                }
                count++;
            }
        }
        if (call.function().equals("index")) {
            throw new TemplateException(TemplateException.Kind.VALUE, "the value is not in the list");
        }
        return count;
    }

    Object slice(Object owner, Object from, Object to, Object by) {
        if (owner instanceof Undefined undefined) {
            throw undefined.failure();
        }
        List<?> items = owner instanceof Range range ? range.items() : Values.sequence(owner);
        String text = Values.string(owner);
        if (items == null && text == null) {
            throw TemplateException.type(
                    owner instanceof Map<?, ?>
                            ? "unhashable type: 'slice'"
                            : "'" + Values.typeName(owner) + "' object is not subscriptable");
        }
        int[] points = text == null ? new int[0] : text.codePoints().toArray();
        int size = text == null ? items.size() : points.length;
        budget.steps(size);
        int step = bound(by, 1);
        if (step == 0) {
            throw new TemplateException(TemplateException.Kind.VALUE, "slice step cannot be zero");
        }
        int low = step > 0 ? 0 : -1;
        int high = step > 0 ? size : size - 1;
        long start = from == null ? (step > 0 ? low : high) : clamp(bound(from, 0), size, low, high);
        long end = to == null ? (step > 0 ? high : low) : clamp(bound(to, 0), size, low, high);
        var picked = new ArrayList<Object>();
        var pickedText = new StringBuilder();
        for (long i = start; step > 0 ? i < end : i > end; i += step) {
            if (text == null) {
                picked.add(items.get((int) i));
            } else {
                pickedText.appendCodePoint(points[(int) i]);
            }
        }
        return switch (owner) {
            case Tuple _ -> new Tuple(picked);
            case Range range -> range.cut(start, end, step, picked);
            case Markup _ -> new Markup(pickedText.toString());
            case String _ -> pickedText.toString();
            default -> picked;
        };
    }

    private static int bound(Object value, int otherwise) {
        if (value == null) {
            return otherwise;
        }
        if (!Numbers.isInteger(value)) {
            if (value instanceof Undefined undefined) {
                throw undefined.failure();
            }
            throw TemplateException.type("slice indices must be integers or None");
        }
        return new Call("slice", List.of(value), Map.of()).integer(0, "bound", 0);
    }

    private static long clamp(long value, int size, int low, int high) {
        long index = value < 0 ? value + size : value;
        return Math.clamp(index, low, high);
    }
}
