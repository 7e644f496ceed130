package io.dipper.chat.template;

import java.util.List;
import java.util.Map;

/// What can be called.
@FunctionalInterface
interface Function {
    Object call(List<Object> arguments, Map<String, Object> named);
}
