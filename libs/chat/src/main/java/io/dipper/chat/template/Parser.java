package io.dipper.chat.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Reads statements.
final class Parser {
    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private int loops;

    private Parser(List<Token> tokens) {
        this.tokens = new TokenStream(tokens);
        this.expressions = new ExpressionParser(this.tokens);
    }

    static List<Statement> parse(String source) {
        var parser = new Parser(Lexer.tokens(source));
        List<Statement> body = parser.body(Set.of());
        if (!parser.tokens.peek().is(Token.Kind.END)) {
            throw parser.tokens.wrong("unexpected tag");
        }
        return body;
    }

    /// Reads up to a tag of one of these names, whose name is then the next token.
    private List<Statement> body(Set<String> ends) {
        tokens.enter();
        var statements = new ArrayList<Statement>();
        while (!tokens.peek().is(Token.Kind.END)) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA -> statements.add(new Statement.Text(token.text()));
                case PRINT_BEGIN -> {
                    statements.add(new Statement.Print(expressions.tuple(true)));
                    tokens.expect(Token.Kind.PRINT_END);
                }
                case BLOCK_BEGIN -> {
                    if (tokens.peek().is(Token.Kind.NAME)
                            && ends.contains(tokens.peek().text())) {
                        tokens.exit();
                        return statements;
                    }
                    statements.add(statement());
                }
                default -> throw tokens.wrong("unexpected text");
            }
        }
        if (!ends.isEmpty()) {
            throw tokens.wrong("one of " + ends + " is missing");
        }
        tokens.exit();
        return statements;
    }

    private Statement statement() {
        Token tag = tokens.expect(Token.Kind.NAME);
        return switch (tag.text()) {
            case "if" -> branches();
            case "for" -> loop();
            case "set" -> assignment();
            case "macro" -> macro();
            case "call" -> callBlock();
            case "filter" -> filterBlock();
            case "generation" -> {
                endTag();
                yield new Statement.Generation(function("endgeneration"));
            }
            case "break", "continue" -> {
                if (loops == 0) {
                    throw tokens.wrong("'" + tag.text() + "' outside of a loop");
                }
                endTag();
                yield tag.text().equals("break") ? new Statement.Break() : new Statement.Continue();
            }
            default -> throw tokens.wrong("unknown tag '" + tag.text() + "'");
        };
    }

    private void endTag() {
        tokens.expect(Token.Kind.BLOCK_END);
    }

    private List<Statement> block(String end) {
        List<Statement> body = body(Set.of(end));
        tokens.expectName(end);
        endTag();
        return body;
    }

    private Statement branches() {
        var branches = new ArrayList<Statement.Branch>();
        List<Statement> otherwise = List.of();
        String tag = "elif";
        while (tag.equals("elif")) {
            Expression test = expressions.tuple(false);
            endTag();
            branches.add(new Statement.Branch(test, body(Set.of("elif", "else", "endif"))));
            tag = tokens.next().text();
        }
        if (tag.equals("else")) {
            endTag();
            otherwise = body(Set.of("endif"));
            tokens.expectName("endif");
        }
        endTag();
        return new Statement.If(branches, otherwise);
    }

    private Statement loop() {
        Statement.Target target = target(false);
        tokens.expectName("in");
        Expression items = expressions.tuple(false);
        Expression condition = tokens.skipName("if") ? expressions.expression() : null;
        boolean recursive = tokens.skipName("recursive");
        endTag();
        loops++;
        List<Statement> body = body(Set.of("else", "endfor"));
        loops--;
        List<Statement> otherwise = List.of();
        if (tokens.next().text().equals("else")) {
            endTag();
            otherwise = body(Set.of("endfor"));
            tokens.expectName("endfor");
        }
        endTag();
        return new Statement.For(target, items, condition, recursive, body, otherwise);
    }

    private Statement assignment() {
        Statement.Target target = target(true);
        if (tokens.skipOperator("=")) {
            Expression value = expressions.tuple(true);
            endTag();
            return new Statement.Assign(target, value);
        }
        List<Statement.FilterStep> filters = filterSteps();
        endTag();
        return new Statement.AssignBlock(target, filters, block("endset"));
    }

    private Statement macro() {
        String name = tokens.expect(Token.Kind.NAME).text();
        List<Statement.Parameter> parameters = parameters();
        endTag();
        return new Statement.MacroDefinition(name, parameters, function("endmacro"));
    }

    private Statement callBlock() {
        List<Statement.Parameter> parameters = tokens.peek().isOperator("(") ? parameters() : List.of();
        if (!(expressions.expression() instanceof Expression.Call call)) {
            throw tokens.wrong("a call is missing");
        }
        endTag();
        return new Statement.CallBlock(call, parameters, function("endcall"));
    }

    /// A body that a loop around it cannot be left from.
    private List<Statement> function(String end) {
        int around = loops;
        loops = 0;
        List<Statement> body = block(end);
        loops = around;
        return body;
    }

    private Statement filterBlock() {
        var filters = new ArrayList<Statement.FilterStep>();
        filters.add(filterStep());
        filters.addAll(filterSteps());
        endTag();
        return new Statement.FilterBlock(filters, block("endfilter"));
    }

    private List<Statement.FilterStep> filterSteps() {
        var filters = new ArrayList<Statement.FilterStep>();
        while (tokens.skipOperator("|")) {
            filters.add(filterStep());
        }
        return filters;
    }

    private Statement.FilterStep filterStep() {
        int line = tokens.peek().line();
        String name = expressions.dottedName();
        return new Statement.FilterStep(name, expressions.optionalArguments(), line);
    }

    private List<Statement.Parameter> parameters() {
        tokens.expectOperator("(");
        var parameters = new ArrayList<Statement.Parameter>();
        while (!tokens.skipOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(")")) {
                    break;
                }
            }
            String name = tokens.expect(Token.Kind.NAME).text();
            Expression value = tokens.skipOperator("=") ? expressions.expression() : null;
            parameters.add(new Statement.Parameter(name, value));
        }
        return parameters;
    }

    private Statement.Target target(boolean members) {
        Statement.Target first = singleTarget(members);
        if (!tokens.peek().isOperator(",")) {
            return first;
        }
        var targets = new ArrayList<Statement.Target>(List.of(first));
        while (tokens.skipOperator(",")) {
            if (!tokens.peek().is(Token.Kind.NAME) && !tokens.peek().isOperator("(")) {
                break;
            }
            if (tokens.peek().isName("in")) {
                break;
            }
            targets.add(singleTarget(members));
        }
        return new Statement.Target.Names(targets);
    }

    private Statement.Target singleTarget(boolean members) {
        if (tokens.skipOperator("(")) {
            Statement.Target inner = target(members);
            tokens.expectOperator(")");
            return inner;
        }
        String name = tokens.expect(Token.Kind.NAME).text();
        if (Set.of("true", "True", "false", "False", "none", "None").contains(name)) {
            throw tokens.wrong("'" + name + "' cannot be assigned to");
        }
        if (members && tokens.skipOperator(".")) {
            return new Statement.Target.Member(
                    name, tokens.expect(Token.Kind.NAME).text());
        }
        return new Statement.Target.Name(name);
    }
}
