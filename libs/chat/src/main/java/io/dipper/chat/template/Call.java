package io.dipper.chat.template;

import java.util.List;
import java.util.Map;

/// The arguments of one call, found by position or name.
record Call(String function, List<Object> arguments, Map<String, Object> named) {
    Call atMost(int count) {
        if (arguments.size() + named.size() > count) {
            throw TemplateException.type(function + "() takes at most " + count + " arguments");
        }
        return this;
    }

    boolean has(int position, String name) {
        return position < arguments.size() || named.containsKey(name);
    }

    Object get(int position, String name, Object otherwise) {
        if (position < arguments.size()) {
            return arguments.get(position);
        }
        return named.getOrDefault(name, otherwise);
    }

    Object require(int position, String name) {
        if (!has(position, name)) {
            throw TemplateException.type(function + "() missing required argument: '" + name + "'");
        }
        return get(position, name, null);
    }

    /// A text; fails for other values.
    String text(int position, String name) {
        Object value = require(position, name);
        String text = Values.string(value);
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (text == null) {
            throw TemplateException.type(
                    function + "() argument '" + name + "' must be str, not " + Values.typeName(value));
        }
        return text;
    }

    /// A text or, where none or not written, null.
    String optionalText(int position, String name) {
        return get(position, name, null) == null ? null : text(position, name);
    }

    int integer(int position, String name, int otherwise) {
        Object value = get(position, name, (long) otherwise);
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!Numbers.isInteger(value)) {
            throw TemplateException.type("'" + Values.typeName(value) + "' object cannot be interpreted as an integer");
        }
        return Numbers.integer(value)
                .min(java.math.BigInteger.valueOf(Integer.MAX_VALUE))
                .max(java.math.BigInteger.valueOf(-Integer.MAX_VALUE))
                .intValue();
    }

    boolean flag(int position, String name, boolean otherwise) {
        return Values.truth(get(position, name, otherwise));
    }
}
