package io.dipper.chat.template;

import java.util.ArrayList;

/// Reads lists and dictionaries written out, from after their opening bracket.
final class DisplayParser {
    private final TokenStream tokens;
    private final ExpressionParser items;

    DisplayParser(TokenStream tokens, ExpressionParser items) {
        this.tokens = tokens;
        this.items = items;
    }

    Expression list() {
        var read = new ArrayList<Expression>();
        while (!tokens.skipOperator("]")) {
            if (!read.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator("]")) {
                    break;
                }
            }
            read.add(items.expression());
        }
        return new Expression.ListOf(read);
    }

    Expression dict() {
        var entries = new ArrayList<Expression.Entry>();
        while (!tokens.skipOperator("}")) {
            if (!entries.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator("}")) {
                    break;
                }
            }
            Expression key = items.expression();
            tokens.expectOperator(":");
            entries.add(new Expression.Entry(key, items.expression()));
        }
        return new Expression.DictOf(entries);
    }
}
