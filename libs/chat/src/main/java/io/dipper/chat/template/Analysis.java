package io.dipper.chat.template;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What can be told of a template without running it: which names it reads that it did not set
/// before, and whether it uses filters and tests that do not exist.
///
/// Of the reference it has the rule that an unknown filter directly in an if fails only when it is
/// reached, so that a template may ask for it first; anywhere else the template as a whole is
/// refused.
final class Analysis {
    private static final Set<String> SPECIAL = Set.of("loop", "caller", "varargs", "kwargs", "self");

    /// What is set in a part of the template, as far as it was read.
    ///
    /// @param lenient whether unknown filters are let pass
    private record Frame(Frame parent, Set<String> set, boolean lenient) {
        static Frame root() {
            return new Frame(null, new HashSet<>(), false);
        }

        Frame inner() {
            return new Frame(this, new HashSet<>(), false);
        }

        Frame soft() {
            return new Frame(parent, set, true);
        }

        boolean knows(String name) {
            return set.contains(name) || (parent != null && parent.knows(name));
        }
    }

    private final Set<String> free = new LinkedHashSet<>();
    private final Set<String> macros = new HashSet<>();

    private Analysis() {}

    /// The names that come from outside.
    static Set<String> freeNames(List<Statement> template) {
        var analysis = new Analysis();
        analysis.statements(template, Frame.root());
        analysis.free.removeAll(analysis.macros);
        return analysis.free;
    }

    private void statements(List<Statement> body, Frame frame) {
        body.forEach(statement -> statement(statement, frame));
    }

    private void statement(Statement statement, Frame frame) {
        switch (statement) {
            case Statement.Text _, Statement.Break _, Statement.Continue _ -> {
                // Nothing is read.
            }
            case Statement.Print(Expression value) -> read(value, frame);
            case Statement.If(List<Statement.Branch> branches, List<Statement> otherwise) -> {
                Frame soft = frame.soft();
                for (Statement.Branch branch : branches) {
                    read(branch.test(), soft);
                    statements(branch.body(), soft);
                }
                statements(otherwise, soft);
            }
            case Statement.For loop -> {
                read(loop.items(), frame);
                Frame body = frame.inner();
                assign(loop.target(), body);
                read(loop.condition(), body);
                statements(loop.body(), body);
                statements(loop.otherwise(), frame.inner());
            }
            case Statement.Assign(Statement.Target target, Expression value) -> {
                read(value, frame);
                assign(target, frame);
            }
            case Statement.AssignBlock(
                    Statement.Target target,
                    List<Statement.FilterStep> filters,
                    List<Statement> body) -> {
                filters(filters, frame.inner());
                statements(body, frame.inner());
                assign(target, frame);
            }
            case Statement.MacroDefinition(String name, List<Statement.Parameter> parameters, List<Statement> body) -> {
                frame.set().add(name);
                macros.add(name);
                function(parameters, body, frame);
            }
            case Statement.CallBlock(
                    Expression.Call call,
                    List<Statement.Parameter> parameters,
                    List<Statement> body) -> {
                read(call, frame);
                function(parameters, body, frame);
            }
            case Statement.FilterBlock(List<Statement.FilterStep> filters, List<Statement> body) -> {
                filters(filters, frame.inner());
                statements(body, frame.inner());
            }
            case Statement.Generation(List<Statement> body) -> statements(body, frame.inner());
        }
    }

    private void function(List<Statement.Parameter> parameters, List<Statement> body, Frame frame) {
        Frame inner = frame.inner();
        for (Statement.Parameter parameter : parameters) {
            read(parameter.defaultValue(), inner);
            inner.set().add(parameter.name());
        }
        statements(body, inner);
    }

    private void filters(List<Statement.FilterStep> filters, Frame frame) {
        for (Statement.FilterStep filter : filters) {
            check("filter", filter.name(), filter.line(), Filters.NAMES, frame);
            arguments(filter.arguments(), frame);
        }
    }

    private void assign(Statement.Target target, Frame frame) {
        switch (target) {
            case Statement.Target.Name(String name) -> frame.set().add(name);
            case Statement.Target.Member(String owner, String _) -> name(owner, frame);
            case Statement.Target.Names(List<Statement.Target> targets) -> targets.forEach(one -> assign(one, frame));
        }
    }

    private void name(String name, Frame frame) {
        if (!frame.knows(name) && !Globals.NAMES.contains(name) && !SPECIAL.contains(name)) {
            free.add(name);
        }
    }

    private static void check(String what, String name, int line, Set<String> known, Frame frame) {
        if (!frame.lenient() && !known.contains(name)) {
            throw TemplateException.unknown(what, name, line);
        }
    }

    private void read(List<Expression> expressions, Frame frame) {
        expressions.forEach(expression -> read(expression, frame));
    }

    /// @param expression null where none is written
    private void read(Expression expression, Frame frame) {
        switch (expression) {
            case null -> {
                // Not written.
            }
            case Expression.Constant _ -> {
                // Reads nothing.
            }
            case Expression.Name(String name) -> name(name, frame);
            case Expression.ListOf(List<Expression> items) -> read(items, frame);
            case Expression.TupleOf(List<Expression> items) -> read(items, frame);
            case Expression.DictOf(List<Expression.Entry> entries) ->
                entries.forEach(entry -> {
                    read(entry.key(), frame);
                    read(entry.value(), frame);
                });
            case Expression.Attribute(Expression target, String _) -> read(target, frame);
            case Expression.Item(Expression target, Expression key) -> readBoth(target, key, frame);
            case Expression.Slice(Expression target, Expression from, Expression to, Expression step) -> {
                readBoth(target, from, frame);
                readBoth(to, step, frame);
            }
            case Expression.Call(Expression target, Expression.Arguments arguments) -> {
                read(target, frame);
                arguments(arguments, frame);
            }
            case Expression.Filter(Expression target, String name, Expression.Arguments arguments, int line) -> {
                check("filter", name, line, Filters.NAMES, frame);
                read(target, frame);
                arguments(arguments, frame);
            }
            case Expression.Test(
                    Expression target,
                    String name,
                    Expression.Arguments arguments,
                    boolean _,
                    int line) -> {
                if (!Evaluator.isRegistryTest(name)) {
                    check("test", name, line, Tests.NAMES, frame);
                }
                read(target, frame);
                arguments(arguments, frame);
            }
            case Expression.Negative(Expression operand) -> read(operand, frame);
            case Expression.Positive(Expression operand) -> read(operand, frame);
            case Expression.Not(Expression operand) -> read(operand, frame);
            case Expression.And(Expression left, Expression right) -> readBoth(left, right, frame);
            case Expression.Or(Expression left, Expression right) -> readBoth(left, right, frame);
            case Expression.Binary(String _, Expression left, Expression right) -> readBoth(left, right, frame);
            case Expression.Concat(List<Expression> parts) -> read(parts, frame);
            case Expression.Compare(Expression first, List<Expression.Comparison> rest) -> {
                read(first, frame);
                rest.forEach(comparison -> read(comparison.right(), frame));
            }
            case Expression.Conditional(Expression test, Expression then, Expression otherwise) -> {
                read(test, frame.soft());
                readBoth(then, otherwise, frame.soft());
            }
        }
    }

    private void readBoth(Expression first, Expression second, Frame frame) {
        read(first, frame);
        read(second, frame);
    }

    private void arguments(Expression.Arguments arguments, Frame frame) {
        read(arguments.positional(), frame);
        arguments.named().forEach(argument -> read(argument.value(), frame));
        readBoth(arguments.rest(), arguments.namedRest(), frame);
    }
}
