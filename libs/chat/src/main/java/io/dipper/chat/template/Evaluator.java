package io.dipper.chat.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Values of expressions.
final class Evaluator {
    private final Budget budget;
    private final Members members;
    private final Filters filters;

    Evaluator(Budget budget) {
        this.budget = budget;
        this.members = new Members(budget);
        this.filters = new Filters(budget, members);
    }

    Object value(Expression expression, Scope scope) {
        budget.enter();
        Object value = evaluate(expression, scope);
        budget.exit();
        return value;
    }

    boolean truth(Expression expression, Scope scope) {
        return Values.truth(value(expression, scope));
    }

    private Object evaluate(Expression expression, Scope scope) {
        return switch (expression) {
            case Expression.Constant constant -> constant.value();
            case Expression.Name(String name) -> scope.get(name);
            case Expression.ListOf(List<Expression> items) -> values(items, scope);
            case Expression.TupleOf(List<Expression> items) -> new Tuple(values(items, scope));
            case Expression.DictOf(List<Expression.Entry> entries) -> {
                var map = new LinkedHashMap<Object, Object>();
                for (Expression.Entry entry : entries) {
                    map.put(Values.key(value(entry.key(), scope)), value(entry.value(), scope));
                }
                yield map;
            }
            case Expression.Attribute(Expression target, String name) -> members.attribute(value(target, scope), name);
            case Expression.Item(Expression target, Expression key) ->
                members.item(value(target, scope), value(key, scope));
            case Expression.Slice slice -> slice(slice, scope);
            case Expression.Call call -> call(call, scope, Map.of());
            case Expression.Filter(Expression target, String name, Expression.Arguments arguments, int line) ->
                filter(new Statement.FilterStep(name, arguments, line), value(target, scope), scope);
            case Expression.Test test -> test(test, scope);
            case Expression.Negative(Expression operand) -> Operators.negative(value(operand, scope));
            case Expression.Positive(Expression operand) -> Operators.positive(value(operand, scope));
            case Expression.Not(Expression operand) -> !truth(operand, scope);
            case Expression.And(Expression left, Expression right) -> {
                Object first = value(left, scope);
                yield Values.truth(first) ? value(right, scope) : first;
            }
            case Expression.Or(Expression left, Expression right) -> {
                Object first = value(left, scope);
                yield Values.truth(first) ? first : value(right, scope);
            }
            case Expression.Binary(String operator, Expression left, Expression right) ->
                Operators.binary(operator, value(left, scope), value(right, scope), budget);
            case Expression.Concat(List<Expression> parts) -> {
                var text = new StringBuilder();
                for (Expression part : parts) {
                    text.append(Texts.of(value(part, scope), budget));
                    budget.text(text.length());
                }
                yield text.toString();
            }
            case Expression.Compare compare -> compare(compare, scope);
            case Expression.Conditional(Expression test, Expression then, Expression otherwise) -> {
                if (truth(test, scope)) {
                    yield value(then, scope);
                }
                yield otherwise == null
                        ? Undefined.name("the inline if-expression evaluated to false and no else section was defined.")
                        : value(otherwise, scope);
            }
        };
    }

    private List<Object> values(List<Expression> expressions, Scope scope) {
        var values = new ArrayList<Object>(expressions.size());
        for (Expression expression : expressions) {
            values.add(value(expression, scope));
        }
        return values;
    }

    private Object slice(Expression.Slice slice, Scope scope) {
        return members.slice(
                value(slice.target(), scope),
                slice.from() == null ? null : value(slice.from(), scope),
                slice.to() == null ? null : value(slice.to(), scope),
                slice.step() == null ? null : value(slice.step(), scope));
    }

    private boolean compare(Expression.Compare compare, Scope scope) {
        Object left = value(compare.first(), scope);
        for (Expression.Comparison comparison : compare.rest()) {
            Object right = value(comparison.right(), scope);
            if (!Operators.compare(comparison.operator(), left, right, budget)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    /// @param extra named arguments that the call's own come on top of
    Object call(Expression.Call call, Scope scope, Map<String, Object> extra) {
        Object target = value(call.target(), scope);
        var named = new LinkedHashMap<>(extra);
        List<Object> positional = arguments(call.arguments(), scope, named);
        return switch (target) {
            case Function function -> function.call(positional, named);
            case Undefined undefined -> throw undefined.failure();
            case Loop loop when loop.recursion() != null -> loop.recursion().call(positional, named);
            case null, default ->
                throw TemplateException.type("'" + Values.typeName(target) + "' object is not callable");
        };
    }

    Object filter(Statement.FilterStep filter, Object value, Scope scope) {
        if (!Filters.NAMES.contains(filter.name())) {
            throw TemplateException.unknown("filter", filter.name(), filter.line());
        }
        var named = new LinkedHashMap<String, Object>();
        List<Object> positional = arguments(filter.arguments(), scope, named);
        return filters.apply(value, new Call(filter.name(), positional, named));
    }

    private boolean test(Expression.Test test, Scope scope) {
        if (!Tests.NAMES.contains(test.name()) && !isRegistryTest(test.name())) {
            throw TemplateException.unknown("test", test.name(), test.line());
        }
        Object value = value(test.target(), scope);
        var named = new LinkedHashMap<String, Object>();
        List<Object> positional = arguments(test.arguments(), scope, named);
        boolean holds;
        if (isRegistryTest(test.name())) {
            boolean filter = test.name().equals("filter");
            holds = value instanceof String name && (filter ? Filters.NAMES : Tests.NAMES).contains(name);
        } else {
            holds = Tests.holds(value, new Call(test.name(), positional, named), budget);
        }
        return holds != test.negated();
    }

    /// Tests of what the language itself knows.
    static boolean isRegistryTest(String name) {
        return name.equals("filter") || name.equals("test");
    }

    private List<Object> arguments(Expression.Arguments arguments, Scope scope, Map<String, Object> named) {
        List<Object> positional = values(arguments.positional(), scope);
        for (Expression.Named argument : arguments.named()) {
            named.put(argument.name(), value(argument.value(), scope));
        }
        if (arguments.rest() != null) {
            positional.addAll(Values.list(value(arguments.rest(), scope), budget));
        }
        if (arguments.namedRest() != null) {
            if (!(value(arguments.namedRest(), scope) instanceof Map<?, ?> map)) {
                throw TemplateException.type("the argument after ** must be a mapping");
            }
            map.forEach((key, item) -> named.put(Texts.of(key, budget), item));
        }
        return positional;
    }
}
