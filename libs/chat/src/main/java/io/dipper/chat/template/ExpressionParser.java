package io.dipper.chat.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Reads expressions, one method a level of precedence, loosest first.
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final TokenStream tokens;
    private final DisplayParser displays;

    ExpressionParser(TokenStream tokens) {
        this.tokens = tokens;
        this.displays = new DisplayParser(tokens, this);
    }

    Expression expression() {
        tokens.enter();
        Expression value = or();
        while (tokens.skipName("if")) {
            Expression test = or();
            Expression otherwise = tokens.skipName("else") ? expression() : null;
            value = new Expression.Conditional(test, value, otherwise);
        }
        tokens.exit();
        return value;
    }

    /// One expression, or several with commas between them: a tuple.
    ///
    /// @param conditional whether `a if b` may stand without parentheses
    Expression tuple(boolean conditional) {
        Expression first = conditional ? expression() : or();
        if (!tokens.peek().isOperator(",")) {
            return first;
        }
        var items = new ArrayList<Expression>(List.of(first));
        while (tokens.skipOperator(",")) {
            if (endsTuple()) {
                break;
            }
            items.add(conditional ? expression() : or());
        }
        return new Expression.TupleOf(items);
    }

    private boolean endsTuple() {
        Token token = tokens.peek();
        return token.is(Token.Kind.BLOCK_END)
                || token.is(Token.Kind.PRINT_END)
                || token.isOperator(")")
                || token.isName("recursive");
    }

    private Expression or() {
        Expression left = and();
        while (tokens.skipName("or")) {
            left = new Expression.Or(left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.skipName("and")) {
            left = new Expression.And(left, not());
        }
        return left;
    }

    private Expression not() {
        if (!tokens.skipName("not")) {
            return compare();
        }
        tokens.enter();
        var value = new Expression.Not(not());
        tokens.exit();
        return value;
    }

    private Expression compare() {
        Expression first = sum();
        var rest = new ArrayList<Expression.Comparison>();
        while (true) {
            Token token = tokens.peek();
            if (token.is(Token.Kind.OPERATOR) && COMPARISONS.contains(token.text())) {
                tokens.next();
                rest.add(new Expression.Comparison(token.text(), sum()));
            } else if (tokens.skipName("in")) {
                rest.add(new Expression.Comparison("in", sum()));
            } else if (token.isName("not") && tokens.peekSecond().isName("in")) {
                tokens.next();
                tokens.next();
                rest.add(new Expression.Comparison("not in", sum()));
            } else {
                return rest.isEmpty() ? first : new Expression.Compare(first, rest);
            }
        }
    }

    private Expression sum() {
        Expression left = concat();
        while (tokens.peek().isOperator("+") || tokens.peek().isOperator("-")) {
            left = new Expression.Binary(tokens.next().text(), left, concat());
        }
        return left;
    }

    private Expression concat() {
        Expression first = product();
        if (!tokens.peek().isOperator("~")) {
            return first;
        }
        var parts = new ArrayList<Expression>(List.of(first));
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return new Expression.Concat(parts);
    }

    private Expression product() {
        Expression left = power();
        while (true) {
            Token token = tokens.peek();
            if (!token.isOperator("*") && !token.isOperator("/") && !token.isOperator("//") && !token.isOperator("%")) {
                return left;
            }
            tokens.next();
            left = new Expression.Binary(token.text(), left, power());
        }
    }

    private Expression power() {
        Expression left = unary(true);
        while (tokens.skipOperator("**")) {
            left = new Expression.Binary("**", left, unary(true));
        }
        return left;
    }

    private Expression unary(boolean filters) {
        tokens.enter();
        Expression value;
        if (tokens.skipOperator("-")) {
            value = new Expression.Negative(unary(false));
        } else if (tokens.skipOperator("+")) {
            value = new Expression.Positive(unary(false));
        } else {
            value = primary();
        }
        value = postfix(value);
        if (filters) {
            value = filters(value);
        }
        tokens.exit();
        return value;
    }

    private Expression primary() {
        Token token = tokens.next();
        return switch (token.kind()) {
            case NAME ->
                switch (token.text()) {
                    case "true", "True" -> new Expression.Constant(true);
                    case "false", "False" -> new Expression.Constant(false);
                    case "none", "None" -> new Expression.Constant(null);
                    default -> new Expression.Name(token.text());
                };
            case STRING -> {
                var text = new StringBuilder(token.text());
                while (tokens.peek().is(Token.Kind.STRING)) {
                    text.append(tokens.next().text());
                }
                yield new Expression.Constant(text.toString());
            }
            case INTEGER -> new Expression.Constant(Numbers.narrow(new BigInteger(token.text())));
            case FLOAT -> new Expression.Constant(Double.valueOf(token.text()));
            case OPERATOR ->
                switch (token.text()) {
                    case "(" -> parenthesised();
                    case "[" -> displays.list();
                    case "{" -> displays.dict();
                    default -> throw tokens.wrong("unexpected '" + token.text() + "'");
                };
            case DATA, BLOCK_BEGIN, BLOCK_END, PRINT_BEGIN, PRINT_END, END ->
                throw tokens.wrong("an expression is missing");
        };
    }

    private Expression parenthesised() {
        if (tokens.skipOperator(")")) {
            return new Expression.TupleOf(List.of());
        }
        Expression value = tuple(true);
        tokens.expectOperator(")");
        return value;
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            if (tokens.skipOperator(".")) {
                Token member = tokens.next();
                value = switch (member.kind()) {
                    case NAME -> new Expression.Attribute(value, member.text());
                    case INTEGER -> new Expression.Item(value, new Expression.Constant(Long.valueOf(member.text())));
                    default -> throw tokens.wrong("a name is missing after '.'");
                };
            } else if (tokens.skipOperator("[")) {
                value = subscript(value);
            } else if (tokens.peek().isOperator("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression target) {
        Expression from = tokens.peek().isOperator(":") ? null : expression();
        if (!tokens.peek().isOperator(":")) {
            if (tokens.peek().isOperator(",")) {
                throw tokens.wrong("one index only");
            }
            tokens.expectOperator("]");
            return new Expression.Item(target, from);
        }
        tokens.next();
        Expression to = bound();
        Expression step = tokens.skipOperator(":") ? bound() : null;
        tokens.expectOperator("]");
        return new Expression.Slice(target, from, to, step);
    }

    private Expression bound() {
        return tokens.peek().isOperator(":") || tokens.peek().isOperator("]") ? null : expression();
    }

    private Expression filters(Expression start) {
        Expression value = start;
        while (true) {
            if (tokens.skipOperator("|")) {
                int line = tokens.peek().line();
                String name = dottedName();
                value = new Expression.Filter(value, name, optionalArguments(), line);
            } else if (tokens.skipName("is")) {
                value = test(value);
            } else if (tokens.peek().isOperator("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    String dottedName() {
        var name = new StringBuilder(tokens.expect(Token.Kind.NAME).text());
        while (tokens.skipOperator(".")) {
            name.append('.').append(tokens.expect(Token.Kind.NAME).text());
        }
        return name.toString();
    }

    Expression.Arguments optionalArguments() {
        return tokens.peek().isOperator("(") ? arguments() : Expression.Arguments.NONE;
    }

    private Expression test(Expression target) {
        boolean negated = tokens.skipName("not");
        int line = tokens.peek().line();
        String name = dottedName();
        Expression.Arguments arguments = Expression.Arguments.NONE;
        if (tokens.peek().isOperator("(")) {
            arguments = arguments();
        } else if (beginsOperand(tokens.peek())) {
            if (tokens.peek().isName("is")) {
                throw tokens.wrong("tests cannot follow each other with 'is'");
            }
            arguments = new Expression.Arguments(List.of(postfix(primary())), List.of(), null, null);
        }
        return new Expression.Test(target, name, arguments, negated, line);
    }

    private static boolean beginsOperand(Token token) {
        return switch (token.kind()) {
            case NAME -> !Set.of("else", "or", "and").contains(token.text());
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> token.text().equals("[") || token.text().equals("{");
            case DATA, BLOCK_BEGIN, BLOCK_END, PRINT_BEGIN, PRINT_END, END -> false;
        };
    }

    Expression.Arguments arguments() {
        tokens.expectOperator("(");
        var positional = new ArrayList<Expression>();
        var named = new ArrayList<Expression.Named>();
        Expression rest = null;
        Expression namedRest = null;
        boolean first = true;
        while (!tokens.skipOperator(")")) {
            if (!first) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(")")) {
                    break;
                }
            }
            first = false;
            if (tokens.skipOperator("**")) {
                namedRest = expression();
            } else if (tokens.skipOperator("*")) {
                rest = expression();
            } else if (tokens.peek().is(Token.Kind.NAME) && tokens.peekSecond().isOperator("=")) {
                String name = tokens.next().text();
                tokens.next();
                named.add(new Expression.Named(name, expression()));
            } else if (named.isEmpty() && namedRest == null) {
                positional.add(expression());
            } else {
                throw tokens.wrong("an argument without a name follows named ones");
            }
        }
        return new Expression.Arguments(positional, named, rest, namedRest);
    }
}
