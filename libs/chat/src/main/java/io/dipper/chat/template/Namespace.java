package io.dipper.chat.template;

import java.util.Map;

/// The one value that templates may change.
record Namespace(Map<String, Object> members) {}
