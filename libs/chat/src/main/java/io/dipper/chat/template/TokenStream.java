package io.dipper.chat.template;

import java.util.List;

/// The tokens, one after the other.
final class TokenStream {
    private static final int MAX_NESTING = 200;

    private final List<Token> tokens;
    private int at;
    private int nesting;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(at);
    }

    Token peekSecond() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(at);
        if (at < tokens.size() - 1) {
            at++;
        }
        return token;
    }

    boolean skipOperator(String operator) {
        boolean matches = peek().isOperator(operator);
        if (matches) {
            next();
        }
        return matches;
    }

    boolean skipName(String name) {
        boolean matches = peek().isName(name);
        if (matches) {
            next();
        }
        return matches;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw wrong("'" + operator + "' is missing");
        }
    }

    Token expect(Token.Kind kind) {
        if (!peek().is(kind)) {
            throw wrong("expected " + kind);
        }
        return next();
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw wrong("'" + name + "' is missing");
        }
    }

    /// A template nested deeper than any real one would exhaust the stack.
    void enter() {
        if (++nesting > MAX_NESTING) {
            throw wrong("nested too deeply");
        }
    }

    void exit() {
        nesting--;
    }

    TemplateException wrong(String message) {
        Token token = peek();
        return new TemplateException(
                TemplateException.Kind.SYNTAX,
                "line " + token.line() + ": " + message + " at " + token.kind() + " '" + token.text() + "'");
    }
}
