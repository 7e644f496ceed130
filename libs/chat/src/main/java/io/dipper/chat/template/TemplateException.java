package io.dipper.chat.template;

/// A template that cannot be read, or a conversation that it does not take.
public final class TemplateException extends RuntimeException {
    /// What went wrong, in the reference's words where it has some.
    public enum Kind {
        SYNTAX("syntax"),
        /// The template itself refuses: `raise_exception(message)`.
        RAISED("raise_exception"),
        UNDEFINED("undefined"),
        TYPE("TypeError"),
        VALUE("ValueError"),
        SECURITY("security"),
        RUNTIME("TemplateRuntimeError"),
        RECURSION("RecursionError"),
        /// Too many steps, or too much text.
        LIMIT("limit");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }

    private final Kind kind;

    public TemplateException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    /// A filter or test that does not exist.
    static TemplateException unknown(String what, String name, int line) {
        return new TemplateException(Kind.RUNTIME, "line " + line + ": No " + what + " named '" + name + "' found.");
    }

    static TemplateException type(String message) {
        return new TemplateException(Kind.TYPE, message);
    }
}
