package io.dipper.chat.template;

import java.util.List;

/// What has a value.
sealed interface Expression {
    record Constant(Object value) implements Expression {}

    record Name(String name) implements Expression {}

    record ListOf(List<Expression> items) implements Expression {}

    record TupleOf(List<Expression> items) implements Expression {}

    record Entry(Expression key, Expression value) {}

    record DictOf(List<Entry> entries) implements Expression {}

    /// `target.name`: a method first, then a key.
    record Attribute(Expression target, String name) implements Expression {}

    /// `target[key]`: a key first, then a method.
    record Item(Expression target, Expression key) implements Expression {}

    /// Bounds that are not written are null.
    record Slice(Expression target, Expression from, Expression to, Expression step) implements Expression {}

    record Call(Expression target, Arguments arguments) implements Expression {}

    record Filter(Expression target, String name, Arguments arguments, int line) implements Expression {}

    record Test(Expression target, String name, Arguments arguments, boolean negated, int line) implements Expression {}

    record Negative(Expression operand) implements Expression {}

    record Positive(Expression operand) implements Expression {}

    record Not(Expression operand) implements Expression {}

    record And(Expression left, Expression right) implements Expression {}

    record Or(Expression left, Expression right) implements Expression {}

    record Binary(String operator, Expression left, Expression right) implements Expression {}

    record Concat(List<Expression> parts) implements Expression {}

    record Comparison(String operator, Expression right) {}

    record Compare(Expression first, List<Comparison> rest) implements Expression {}

    /// Without `else`, that is null and stands for undefined.
    record Conditional(Expression test, Expression then, Expression otherwise) implements Expression {}

    record Named(String name, Expression value) {}

    /// The `*` and `**` expressions are null where not written.
    record Arguments(List<Expression> positional, List<Named> named, Expression rest, Expression namedRest) {
        static final Arguments NONE = new Arguments(List.of(), List.of(), null, null);
    }
}
