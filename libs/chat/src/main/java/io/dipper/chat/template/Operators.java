package io.dipper.chat.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Operators on any two values.
final class Operators {
    private Operators() {}

    static Object binary(String operator, Object left, Object right, Budget budget) {
        if (left instanceof Undefined undefined) {
            throw undefined.failure();
        }
        String text = Values.string(left);
        if (operator.equals("%") && text != null) {
            return left instanceof Markup
                    ? new Markup(Printf.format(text, Markup.escapedTexts(right), budget))
                    : Printf.format(text, right, budget);
        }
        if (right instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (Numbers.is(left) && Numbers.is(right)) {
            return Numbers.binary(operator, left, right);
        }
        return switch (operator) {
            case "+" -> add(left, right, budget);
            case "*" -> Numbers.isInteger(left) ? repeat(right, left, budget) : repeat(left, right, budget);
            default -> throw unsupported(operator, left, right);
        };
    }

    private static Object add(Object left, Object right, Budget budget) {
        String a = Values.string(left);
        String b = Values.string(right);
        if (a != null && b != null) {
            budget.text((long) a.length() + b.length());
            if (left instanceof Markup || right instanceof Markup) {
                return new Markup(Markup.escaped(left, budget) + Markup.escaped(right, budget));
            }
            return a + b;
        }
        List<?> first = Values.sequence(left);
        List<?> second = Values.sequence(right);
        if (first != null && second != null && left instanceof Tuple == right instanceof Tuple) {
            budget.steps((long) first.size() + second.size());
            budget.text((long) first.size() + second.size());
            var joined = new ArrayList<Object>(first);
            joined.addAll(second);
            return left instanceof Tuple ? new Tuple(joined) : joined;
        }
        if (a != null) {
            throw TemplateException.type("can only concatenate str (not \"" + Values.typeName(right) + "\") to str");
        }
        throw unsupported("+", left, right);
    }

    private static Object repeat(Object value, Object times, Budget budget) {
        String text = Values.string(value);
        List<?> items = Values.sequence(value);
        if (!Numbers.isInteger(times) || (text == null && items == null)) {
            throw unsupported("*", value, times);
        }
        int count = (int) Numbers.integer(times)
                .max(java.math.BigInteger.ZERO)
                .min(java.math.BigInteger.valueOf(Integer.MAX_VALUE))
                .longValue();
        if (text != null) {
            budget.text((long) text.length() * count);
            return value instanceof Markup ? new Markup(text.repeat(count)) : text.repeat(count);
        }
        budget.steps((long) items.size() * count);
        budget.text((long) items.size() * count);
        var repeated = new ArrayList<Object>();
        for (int i = 0; i < count && !items.isEmpty(); i++) {
            repeated.addAll(items);
        }
        return value instanceof Tuple ? new Tuple(repeated) : repeated;
    }

    static Object negative(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!Numbers.is(value)) {
            throw TemplateException.type("bad operand type for unary -: '" + Values.typeName(value) + "'");
        }
        return value instanceof Double number
                ? (Object) (-number)
                : Numbers.narrow(Numbers.integer(value).negate());
    }

    static Object positive(Object value) {
        return value instanceof Double ? value : negative(negative(value));
    }

    static boolean compare(String operator, Object left, Object right, Budget budget) {
        return switch (operator) {
            case "==" -> Values.equal(left, right, budget);
            case "!=" -> !Values.equal(left, right, budget);
            case "in" -> contains(right, left, budget);
            case "not in" -> !contains(right, left, budget);
            case "<" -> ordered(left, right, operator, budget) && Values.compare(left, right, operator, budget) < 0;
            case "<=" -> ordered(left, right, operator, budget) && Values.compare(left, right, operator, budget) <= 0;
            case ">" -> ordered(left, right, operator, budget) && Values.compare(left, right, operator, budget) > 0;
            case ">=" -> ordered(left, right, operator, budget) && Values.compare(left, right, operator, budget) >= 0;
            default -> throw new IllegalStateException("no comparison: " + operator);
        };
    }

    /// Nothing is less or more than what is not a number.
    private static boolean ordered(Object left, Object right, String operator, Budget budget) {
        Values.compare(left, right, operator, budget);
        return !(left instanceof Double a && a.isNaN()) && !(right instanceof Double b && b.isNaN());
    }

    static boolean contains(Object container, Object item, Budget budget) {
        String text = Values.string(container);
        if (text != null) {
            String part = Values.string(item);
            if (part == null) {
                throw TemplateException.type(
                        "'in <string>' requires string as left operand, not " + Values.typeName(item));
            }
            budget.text(text.length());
            return text.contains(part);
        }
        if (container instanceof Map<?, ?> map) {
            return map.containsKey(Values.key(item));
        }
        if (!Values.isIterable(container)) {
            throw TemplateException.type("argument of type '" + Values.typeName(container) + "' is not iterable");
        }
        for (Iterator<Object> items = Values.iterator(container); items.hasNext(); ) {
            if (Values.equal(items.next(), item, budget)) {
                return true;
            }
        }
        return false;
    }

    private static TemplateException unsupported(String operator, Object left, Object right) {
        return TemplateException.type("unsupported operand type(s) for " + operator + ": '" + Values.typeName(left)
                + "' and '" + Values.typeName(right) + "'");
    }
}
