package io.dipper.cli;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Lists of layers in words short enough for a line.
public final class Lists {
    private Lists() {}

    /// `5 × sliding, 1 × full` for words, `3 to 60` for numbers that follow each other.
    public static String text(JsonNode list) {
        var text = new StringBuilder();
        for (int i = 0; i < list.size(); ) {
            JsonNode first = list.get(i);
            int run = 1;
            while (i + run < list.size() && list.get(i + run).equals(after(first, run))) {
                run++;
            }
            text.append(text.isEmpty() ? "" : ", ");
            if (first.isString()) {
                text.append(run).append(" × ").append(first.asString());
            } else {
                text.append(first).append(run > 1 ? " to " + list.get(i + run - 1) : "");
            }
            i += run;
        }
        return text.isEmpty() ? "none" : text.toString();
    }

    private static JsonNode after(JsonNode first, int steps) {
        return first.isInt() ? JsonNodeFactory.instance.numberNode(first.asInt() + steps) : first;
    }
}
