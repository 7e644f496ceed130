package io.dipper.chat.template;

/// What a name or key that is not there evaluates to. It prints as nothing; most other uses fail
/// with its message.
record Undefined(TemplateException.Kind kind, String message) {
    static Undefined name(String name) {
        return new Undefined(TemplateException.Kind.UNDEFINED, "'" + name + "' is undefined");
    }

    static Undefined member(Object owner, Object key) {
        String type = Values.typeName(owner);
        String what = owner == null ? "None" : "'" + type + " object'";
        String message = key instanceof String name
                ? what + " has no attribute '" + name + "'"
                : what + " has no element " + Texts.plain(key);
        return new Undefined(TemplateException.Kind.UNDEFINED, message);
    }

    static Undefined unsafe(Object owner, String name) {
        return new Undefined(
                TemplateException.Kind.SECURITY,
                "access to attribute '" + name + "' of '" + Values.typeName(owner) + "' object is unsafe.");
    }

    TemplateException failure() {
        return new TemplateException(kind, message);
    }
}
