package io.dipper.chat.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Runs statements.
final class Renderer {
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private final Budget budget;
    private final Evaluator evaluator;

    Renderer(Budget budget) {
        this.budget = budget;
        this.evaluator = new Evaluator(budget);
    }

    String text(List<Statement> body, Scope scope) {
        var out = new StringBuilder();
        run(body, scope, out);
        return out.toString();
    }

    private Flow run(List<Statement> body, Scope scope, StringBuilder out) {
        for (Statement statement : body) {
            budget.enter();
            Flow flow = run(statement, scope, out);
            budget.exit();
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Statement statement, Scope scope, StringBuilder out) {
        switch (statement) {
            case Statement.Text(String text) -> write(text, out);
            case Statement.Print(Expression value) -> write(Texts.of(evaluator.value(value, scope), budget), out);
            case Statement.If choice -> {
                return choose(choice, scope, out);
            }
            case Statement.For loop -> {
                Object items = evaluator.value(loop.items(), scope);
                loop(loop, items, 0, scope, out);
            }
            case Statement.Assign(Statement.Target target, Expression value) ->
                assign(target, evaluator.value(value, scope), scope);
            case Statement.AssignBlock(
                    Statement.Target target,
                    List<Statement.FilterStep> filters,
                    List<Statement> body) -> {
                var inner = new StringBuilder();
                Flow flow = run(body, new Scope(scope), inner);
                if (flow != Flow.NEXT) {
                    return flow;
                }
                assign(target, filtered(inner.toString(), filters, scope), scope);
            }
            case Statement.MacroDefinition(String name, List<Statement.Parameter> parameters, List<Statement> body) ->
                scope.set(name, macro(name, parameters, body, scope));
            case Statement.CallBlock(
                    Expression.Call call,
                    List<Statement.Parameter> parameters,
                    List<Statement> body) -> {
                Function caller = macro("caller", parameters, body, scope);
                write(Texts.of(evaluator.call(call, scope, Map.of("caller", caller)), budget), out);
            }
            case Statement.FilterBlock(List<Statement.FilterStep> filters, List<Statement> body) -> {
                var inner = new StringBuilder();
                Flow flow = run(body, new Scope(scope), inner);
                if (flow != Flow.NEXT) {
                    return flow;
                }
                write(Texts.of(filtered(inner.toString(), filters, scope), budget), out);
            }
            case Statement.Generation(List<Statement> body) -> write(text(body, new Scope(scope)), out);
            case Statement.Break _ -> {
                return Flow.BREAK;
            }
            case Statement.Continue _ -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NEXT;
    }

    private void write(String text, StringBuilder out) {
        budget.text((long) out.length() + text.length());
        out.append(text);
    }

    private Object filtered(String text, List<Statement.FilterStep> filters, Scope scope) {
        Object value = text;
        for (Statement.FilterStep filter : filters) {
            value = evaluator.filter(filter, value, scope);
        }
        return value;
    }

    private Flow choose(Statement.If choice, Scope scope, StringBuilder out) {
        for (Statement.Branch branch : choice.branches()) {
            if (evaluator.truth(branch.test(), scope)) {
                return run(branch.body(), scope, out);
            }
        }
        return run(choice.otherwise(), scope, out);
    }

    private void loop(Statement.For statement, Object items, int depth, Scope scope, StringBuilder out) {
        Function recursion = statement.recursive()
                ? (arguments, named) -> {
                    var inner = new StringBuilder();
                    Object below = new Call("loop", arguments, named).require(0, "iterable");
                    budget.enter();
                    loop(statement, below, depth + 1, scope, inner);
                    budget.exit();
                    return inner.toString();
                }
                : null;
        Iterator<Object> source = Values.iterator(items);
        var loop = new Loop(
                statement.condition() == null ? source : new Filtered(statement, source, scope), depth, recursion);
        boolean completed = false;
        while (loop.advance()) {
            budget.step();
            var body = new Scope(scope);
            assign(statement.target(), loop.current(), body);
            body.set("loop", loop);
            Flow flow = run(statement.body(), body, out);
            if (flow == Flow.BREAK) {
                break;
            }
            completed |= flow == Flow.NEXT;
        }
        // Of the reference: `else` is for loops of which no round reached its end, left ones too.
        if (!completed) {
            run(statement.otherwise(), new Scope(scope), out);
        }
    }

    /// The items that meet a for statement's condition, each looked at when it is needed.
    private final class Filtered implements Iterator<Object> {
        private final Statement.For statement;
        private final Iterator<Object> source;
        private final Scope scope;
        private Object next;
        private boolean ready;

        Filtered(Statement.For statement, Iterator<Object> source, Scope scope) {
            this.statement = statement;
            this.source = source;
            this.scope = scope;
        }

        @Override
        public boolean hasNext() {
            while (!ready && source.hasNext()) {
                budget.step();
                next = source.next();
                var inner = new Scope(scope);
                assign(statement.target(), next, inner);
                ready = evaluator.truth(statement.condition(), inner);
            }
            return ready;
        }

        @Override
        public Object next() {
            if (!hasNext()) {
                throw new java.util.NoSuchElementException();
            }
            ready = false;
            return next;
        }
    }

    private void assign(Statement.Target target, Object value, Scope scope) {
        switch (target) {
            case Statement.Target.Name(String name) -> scope.set(name, value);
            case Statement.Target.Member(String owner, String attribute) -> {
                if (!(scope.get(owner) instanceof Namespace namespace)) {
                    throw new TemplateException(
                            TemplateException.Kind.RUNTIME, "cannot assign attribute on non-namespace object");
                }
                namespace.members().put(attribute, value);
            }
            case Statement.Target.Names(List<Statement.Target> targets) -> {
                List<Object> items = Values.list(value, budget);
                if (items.size() != targets.size()) {
                    throw new TemplateException(
                            TemplateException.Kind.VALUE,
                            targets.size() + " values expected to unpack, got " + items.size());
                }
                for (int i = 0; i < items.size(); i++) {
                    assign(targets.get(i), items.get(i), scope);
                }
            }
        }
    }

    private Function macro(String name, List<Statement.Parameter> parameters, List<Statement> body, Scope definedIn) {
        return (arguments, named) -> {
            budget.enter();
            var scope = new Scope(definedIn);
            if (arguments.size() > parameters.size()) {
                throw TemplateException.type(
                        "macro '" + name + "' takes not more than " + parameters.size() + " argument(s)");
            }
            var known = new ArrayList<String>();
            for (int i = 0; i < parameters.size(); i++) {
                Statement.Parameter parameter = parameters.get(i);
                known.add(parameter.name());
                if (i < arguments.size() && named.containsKey(parameter.name())) {
                    throw TemplateException.type(
                            "macro '" + name + "' got multiple values for argument '" + parameter.name() + "'");
                }
                scope.set(parameter.name(), argument(parameter, i, arguments, named, scope));
            }
            for (Map.Entry<String, Object> argument : named.entrySet()) {
                if (argument.getKey().equals("caller")) {
                    scope.set("caller", argument.getValue());
                } else if (!known.contains(argument.getKey())) {
                    throw TemplateException.type(
                            "macro '" + name + "' takes no keyword argument '" + argument.getKey() + "'");
                }
            }
            String text = text(body, scope);
            budget.exit();
            return text;
        };
    }

    private Object argument(
            Statement.Parameter parameter, int index, List<Object> arguments, Map<String, Object> named, Scope scope) {
        if (index < arguments.size()) {
            return arguments.get(index);
        }
        if (named.containsKey(parameter.name())) {
            return named.get(parameter.name());
        }
        return parameter.defaultValue() == null
                ? Undefined.name("parameter '" + parameter.name() + "' was not provided")
                : evaluator.value(parameter.defaultValue(), scope);
    }
}
