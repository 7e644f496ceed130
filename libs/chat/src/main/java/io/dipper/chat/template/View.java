package io.dipper.chat.template;

import java.util.List;

/// What a dict's `items`, `keys` and `values` give: it can be gone through and counted, not
/// indexed.
record View(String name, List<Object> items) {}
