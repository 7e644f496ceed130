package io.dipper.chat.template;

/// A piece of a template.
///
/// @param text for `DATA` and `STRING` the value, otherwise as written
record Token(Kind kind, String text, int line) {
    enum Kind {
        DATA,
        BLOCK_BEGIN,
        BLOCK_END,
        PRINT_BEGIN,
        PRINT_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind wanted) {
        return kind == wanted;
    }

    boolean isOperator(String wanted) {
        return kind == Kind.OPERATOR && text.equals(wanted);
    }

    boolean isName(String wanted) {
        return kind == Kind.NAME && text.equals(wanted);
    }
}
