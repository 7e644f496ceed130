package io.dipper.chat.template;

import static java.util.Collections.singletonList;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// Filters that go through the items of a value.
final class SequenceFilters {
    static final Set<String> NAMES = Set.of(
            "items",
            "join",
            "list",
            "map",
            "select",
            "reject",
            "selectattr",
            "rejectattr",
            "dictsort",
            "sort",
            "unique",
            "min",
            "max",
            "sum",
            "first",
            "last",
            "reverse");

    private final Budget budget;
    private final Members members;
    private final Filters filters;

    SequenceFilters(Budget budget, Members members, Filters filters) {
        this.budget = budget;
        this.members = members;
        this.filters = filters;
    }

    Object apply(Object value, Call call) {
        return switch (call.function()) {
            case "items" -> items(value);
            case "join" -> join(value, call);
            case "list" -> Values.list(value, budget);
            case "map" -> mapped(value, call);
            case "select" -> picked(value, call, false, true);
            case "reject" -> picked(value, call, false, false);
            case "selectattr" -> picked(value, call, true, true);
            case "rejectattr" -> picked(value, call, true, false);
            case "dictsort" -> dictSort(value, call);
            case "sort" -> sorted(value, call);
            case "unique" -> unique(value, call);
            case "min" -> extreme(value, call, false);
            case "max" -> extreme(value, call, true);
            case "sum" -> sum(value, call);
            case "first" -> {
                Iterator<Object> items = Values.iterator(value);
                yield items.hasNext() ? items.next() : Undefined.name("No first item, sequence was empty.");
            }
            case "last" -> {
                if (value instanceof Lazy) {
                    throw TemplateException.type("'generator' object is not reversible");
                }
                List<Object> items = Values.list(value, budget);
                yield items.isEmpty() ? Undefined.name("No last item, sequence was empty.") : items.getLast();
            }
            case "reverse" -> reversed(value);
            default -> throw new IllegalStateException("no filter: " + call.function());
        };
    }

    private Object lazy(Supplier<Iterator<Object>> source, UnaryOperator<List<Object>> step) {
        return new Lazy(new Generator(budget, source, step));
    }

    private Object items(Object value) {
        return lazy(
                () -> {
                    if (value instanceof Undefined) {
                        return Collections.emptyIterator();
                    }
                    if (!(value instanceof Map<?, ?> map)) {
                        throw TemplateException.type("Can only get item pairs from a mapping.");
                    }
                    return Members.items(map).items().iterator();
                },
                UnaryOperator.identity());
    }

    private Object reversed(Object value) {
        String text = Values.string(value);
        if (text != null) {
            return new StringBuilder(text).reverse().toString();
        }
        if (!Values.isIterable(value)) {
            throw new TemplateException(TemplateException.Kind.RUNTIME, "argument must be iterable");
        }
        List<Object> turned = Values.list(value, budget).reversed();
        return value instanceof Lazy ? turned : new Lazy(turned.iterator());
    }

    private String join(Object value, Call call) {
        String between = Texts.of(call.get(0, "d", ""), budget);
        Object attribute = call.get(1, "attribute", null);
        var out = new StringBuilder();
        boolean first = true;
        for (Object item : Values.list(value, budget)) {
            out.append(first ? "" : between);
            first = false;
            out.append(Texts.of(attribute == null ? item : path(item, attribute), budget));
            budget.text(out.length());
        }
        return out.toString();
    }

    /// `a.b` and `0` name a way into an item.
    private Object path(Object item, Object attribute) {
        if (Numbers.isInteger(attribute)) {
            return members.item(item, attribute);
        }
        Object value = item;
        for (String part : Texts.of(attribute, budget).split("\\.", -1)) {
            boolean number =
                    !part.isEmpty() && part.length() < 10 && part.chars().allMatch(Character::isDigit);
            value = members.item(value, number ? (Object) Long.valueOf(part) : part);
        }
        return value;
    }

    private Object mapped(Object value, Call call) {
        boolean byAttribute = call.arguments().isEmpty() && call.named().containsKey("attribute");
        return lazy(() -> Generator.itemsIfAny(value), item -> {
            if (!byAttribute) {
                String filter = call.text(0, "filter");
                return singletonList(filters.applyNamed(filter, item.getFirst(), rest(call, 1), call.named()));
            }
            Object member = path(item.getFirst(), call.named().get("attribute"));
            boolean replaces = member instanceof Undefined && call.named().containsKey("default");
            return singletonList(replaces ? call.named().get("default") : member);
        });
    }

    private static List<Object> rest(Call call, int from) {
        List<Object> arguments = call.arguments();
        return arguments.subList(Math.min(from, arguments.size()), arguments.size());
    }

    private Object picked(Object value, Call call, boolean byAttribute, boolean wanted) {
        int at = byAttribute ? 1 : 0;
        return lazy(() -> Generator.itemsIfAny(value), item -> {
            if (byAttribute && call.arguments().isEmpty()) {
                throw TemplateException.type("Missing parameter for attribute name");
            }
            Object subject =
                    byAttribute ? path(item.getFirst(), call.arguments().getFirst()) : item.getFirst();
            return holds(subject, call, at) == wanted ? item : List.of();
        });
    }

    /// @param at where the call has the test's name; without one, the value itself counts
    private boolean holds(Object subject, Call call, int at) {
        if (call.arguments().size() <= at) {
            return Values.truth(subject);
        }
        String test = call.text(at, "test");
        if (!Tests.NAMES.contains(test)) {
            throw new TemplateException(TemplateException.Kind.RUNTIME, "No test named '" + test + "' found.");
        }
        return Tests.holds(subject, new Call(test, rest(call, at + 1), call.named()), budget);
    }

    private Comparator<Object> order(boolean caseSensitive) {
        UnaryOperator<Object> folded = caseSensitive ? UnaryOperator.identity() : SequenceFilters::folded;
        return (a, b) -> Values.compare(folded.apply(a), folded.apply(b), "<", budget);
    }

    private static Object folded(Object value) {
        String text = Values.string(value);
        return text == null ? value : StringMethods.lower(text);
    }

    private Object dictSort(Object value, Call call) {
        if (!(value instanceof Map<?, ?> map)) {
            throw TemplateException.type("'" + Values.typeName(value) + "' object has no items");
        }
        String by = call.has(1, "by") ? call.text(1, "by") : "key";
        if (!by.equals("key") && !by.equals("value")) {
            throw new TemplateException(
                    TemplateException.Kind.VALUE, "You can only sort by either \"key\" or \"value\"");
        }
        var pairs = new ArrayList<>(Members.items(map).items());
        Comparator<Object> order = order(call.flag(0, "case_sensitive", false));
        pairs.sort(Comparator.comparing(pair -> ((Tuple) pair).items().get(by.equals("key") ? 0 : 1), order));
        if (call.flag(2, "reverse", false)) {
            Collections.reverse(pairs);
        }
        return pairs;
    }

    private Object sorted(Object value, Call call) {
        var items = new ArrayList<>(Values.list(value, budget));
        Comparator<Object> order = order(call.flag(1, "case_sensitive", false));
        Comparator<Object> byKey = byKeys(order, call.get(2, "attribute", null));
        items.sort(call.flag(0, "reverse", false) ? byKey.reversed() : byKey);
        return items;
    }

    /// `a,b` sorts by `a` first. Keys are compared only where they differ: two undefined ones do not.
    private Comparator<Object> byKeys(Comparator<Object> order, Object attribute) {
        List<?> keys = attribute instanceof String names ? List.of(names.split(",", -1)) : singletonList(attribute);
        return (a, b) -> {
            for (Object key : keys) {
                Object left = at(a, key);
                Object right = at(b, key);
                if (!Values.equal(left, right, budget)) {
                    int ordered = order.compare(left, right);
                    if (ordered != 0) {
                        return ordered;
                    }
                }
            }
            return 0;
        };
    }

    private Object unique(Object value, Call call) {
        boolean caseSensitive = call.flag(0, "case_sensitive", false);
        Object attribute = call.get(1, "attribute", null);
        var seen = new HashSet<Object>();
        return lazy(() -> Values.iterator(value), item -> {
            Object key = at(item.getFirst(), attribute);
            // All that is undefined is the same, whatever it was asked for as.
            Object known = key instanceof Undefined ? Undefined.class : Values.key(caseSensitive ? key : folded(key));
            return seen.add(known) ? item : List.of();
        });
    }

    private Object extreme(Object value, Call call, boolean largest) {
        Comparator<Object> ascending = order(call.flag(0, "case_sensitive", false));
        Comparator<Object> order = largest ? ascending : ascending.reversed();
        Object attribute = call.get(1, "attribute", null);
        Object best = null;
        boolean any = false;
        for (Object item : Values.list(value, budget)) {
            if (!any || order.compare(at(item, attribute), at(best, attribute)) > 0) {
                best = item;
                any = true;
            }
        }
        return any ? best : Undefined.name("No aggregated item, sequence was empty.");
    }

    private Object at(Object item, Object attribute) {
        return attribute == null ? item : path(item, attribute);
    }

    private Object sum(Object value, Call call) {
        Object attribute = call.get(0, "attribute", null);
        Object sum = call.get(1, "start", 0L);
        for (Object item : Values.list(value, budget)) {
            sum = Operators.binary("+", sum, at(item, attribute), budget);
        }
        return sum;
    }
}
