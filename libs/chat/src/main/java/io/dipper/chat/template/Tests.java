package io.dipper.chat.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// What stands behind `is`.
final class Tests {
    static final Set<String> NAMES = Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "mapping",
            "iterable",
            "sequence",
            "number",
            "integer",
            "float",
            "boolean",
            "true",
            "false",
            "callable",
            "odd",
            "even",
            "divisibleby",
            "lower",
            "upper",
            "in",
            "sameas",
            "eq",
            "equalto",
            "==",
            "ne",
            "!=",
            "lt",
            "lessthan",
            "<",
            "le",
            "<=",
            "gt",
            "greaterthan",
            ">",
            "ge",
            ">=");

    /// Those that compare with nothing.
    private static final Set<String> ALONE = Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "mapping",
            "iterable",
            "sequence",
            "number",
            "integer",
            "float",
            "boolean",
            "true",
            "false",
            "callable",
            "odd",
            "even",
            "lower",
            "upper");

    private Tests() {}

    static boolean holds(Object value, Call call, Budget budget) {
        if (ALONE.contains(call.function())) {
            call.atMost(0);
        }
        return switch (call.function()) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == null;
            case "string" -> Values.string(value) != null;
            case "mapping" -> value instanceof Map<?, ?>;
            case "iterable" -> Values.isIterable(value);
            case "sequence" -> isSequence(value);
            case "number" -> Numbers.is(value);
            case "integer" -> value instanceof Long || value instanceof BigInteger;
            case "float" -> value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "true" -> value instanceof Boolean flag && flag;
            case "false" -> value instanceof Boolean flag && !flag;
            case "callable" -> value instanceof Function || value instanceof Undefined || value instanceof Loop;
            case "odd" -> remainder(value, 2L, budget) == 1;
            case "even" -> remainder(value, 2L, budget) == 0;
            case "divisibleby" -> remainder(value, call.require(0, "num"), budget) == 0;
            case "lower" -> StringMethods.isLower(Texts.of(value, budget));
            case "upper" -> StringMethods.isUpper(Texts.of(value, budget));
            case "in" -> Operators.contains(call.require(0, "seq"), value, budget);
            case "sameas" -> Objects.equals(value, call.require(0, "other"));
            default -> Operators.compare(operator(call.function()), value, call.require(0, "other"), budget);
        };
    }

    private static String operator(String name) {
        return switch (name) {
            case "eq", "equalto" -> "==";
            case "ne" -> "!=";
            case "lt", "lessthan" -> "<";
            case "le" -> "<=";
            case "gt", "greaterthan" -> ">";
            case "ge" -> ">=";
            default -> name;
        };
    }

    private static boolean isSequence(Object value) {
        return Values.string(value) != null
                || value instanceof List<?>
                || value instanceof Tuple
                || value instanceof Range
                || value instanceof Map<?, ?>
                || value instanceof Undefined;
    }

    private static long remainder(Object value, Object divisor, Budget budget) {
        Object rest = Operators.binary("%", value, divisor, budget);
        return Numbers.is(rest) && Numbers.real(rest) == Math.rint(Numbers.real(rest)) ? (long) Numbers.real(rest) : -1;
    }
}
