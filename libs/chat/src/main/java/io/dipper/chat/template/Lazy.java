package io.dipper.chat.template;

import java.util.Iterator;

/// What filters such as `map` give: always true, can be gone through once.
record Lazy(Iterator<Object> items) {}
