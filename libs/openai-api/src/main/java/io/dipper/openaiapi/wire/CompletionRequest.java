package io.dipper.openaiapi.wire;

import io.dipper.openaiapi.Checked;
import io.dipper.openaiapi.json.Fields;
import io.dipper.openaiapi.json.StrictJson;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The body of `POST /v1/completions`.
///
/// @param prompts null if absent
public record CompletionRequest(
        @Nullable String model,
        @Nullable List<Prompt> prompts,
        GenerationFields generation,
        @Nullable Boolean echo,
        @Nullable Long logprobs,
        @Nullable String suffix,
        @Nullable Long bestOf,
        Fields fields) {

    /// What is to be continued: a text, or token ids.
    public sealed interface Prompt {
        record Text(String text) implements Prompt {}

        record Ids(long[] ids) implements Prompt {}
    }

    public static Checked<CompletionRequest> read(byte[] body) {
        return StrictJson.read(body, CompletionRequest::of);
    }

    public static CompletionRequest of(Fields fields) {
        return new CompletionRequest(
                fields.text("model"),
                prompts(fields.node("prompt")),
                GenerationFields.of(fields),
                fields.flag("echo"),
                fields.integer("logprobs"),
                fields.text("suffix"),
                fields.integer("best_of"),
                fields);
    }

    private static @Nullable List<Prompt> prompts(@Nullable JsonNode node) {
        if (node == null) {
            return null;
        }
        if (node.isString()) {
            return List.of(new Prompt.Text(node.stringValue()));
        }
        if (!node.isArray()) {
            throw Fields.wrongType("prompt", "a text, texts, token ids or lists of token ids", node);
        }
        if (node.isEmpty()) {
            return List.of();
        }
        if (node.get(0).isNumber()) {
            return List.of(new Prompt.Ids(ids(node, "prompt")));
        }
        boolean texts = node.get(0).isString();
        var prompts = new ArrayList<Prompt>(node.size());
        for (int i = 0; i < node.size(); i++) {
            String path = "prompt[" + i + "]";
            JsonNode entry = node.get(i);
            if (!texts && !entry.isArray()) {
                throw Fields.wrongType(path, "a list of token ids", entry);
            }
            prompts.add(texts ? new Prompt.Text(Fields.asText(entry, path)) : new Prompt.Ids(ids(entry, path)));
        }
        return prompts;
    }

    static long[] ids(JsonNode list, String path) {
        long[] ids = new long[list.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = Fields.asInteger(list.get(i), path + "[" + i + "]");
        }
        return ids;
    }
}
