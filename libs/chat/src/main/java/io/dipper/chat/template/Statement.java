package io.dipper.chat.template;

import java.util.List;

/// What does something.
sealed interface Statement {
    record Text(String text) implements Statement {}

    record Print(Expression value) implements Statement {}

    record Branch(Expression test, List<Statement> body) {}

    record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

    /// The condition is null where not written.
    record For(
            Target target,
            Expression items,
            Expression condition,
            boolean recursive,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {}

    record Assign(Target target, Expression value) implements Statement {}

    record AssignBlock(Target target, List<FilterStep> filters, List<Statement> body) implements Statement {}

    /// A parameter's default is null where not written.
    record Parameter(String name, Expression defaultValue) {}

    record MacroDefinition(String name, List<Parameter> parameters, List<Statement> body) implements Statement {}

    record CallBlock(Expression.Call call, List<Parameter> parameters, List<Statement> body) implements Statement {}

    record FilterBlock(List<FilterStep> filters, List<Statement> body) implements Statement {}

    /// Marks what a model wrote itself; for rendering, only a scope.
    record Generation(List<Statement> body) implements Statement {}

    record Break() implements Statement {}

    record Continue() implements Statement {}

    record FilterStep(String name, Expression.Arguments arguments, int line) {}

    /// What a value is assigned to.
    sealed interface Target {
        record Name(String name) implements Target {}

        record Member(String namespace, String attribute) implements Target {}

        record Names(List<Target> targets) implements Target {}
    }
}
