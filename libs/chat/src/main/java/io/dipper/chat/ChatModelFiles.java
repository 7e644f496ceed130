package io.dipper.chat;

import io.dipper.chat.parse.ReplyFormat;
import io.dipper.chat.template.ChatTemplate;
import io.dipper.chat.template.TemplateException;
import io.dipper.chat.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a checkpoint's folder says about talking to the model.
///
/// @param endIds ids that end an answer, ascending
/// @param templateVariables what the template reads besides the conversation, such as `bos_token`
/// @param contextLength most tokens of prompt and answer together; 0 if the files do not say
public record ChatModelFiles(
        Tokenizer tokenizer,
        ChatTemplate template,
        ReplyFormat replyFormat,
        int[] endIds,
        Map<String, Object> templateVariables,
        int contextLength) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> SPECIAL_TOKENS =
            List.of("bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token");
    private static final String NO_TEMPLATE = "{{ raise_exception('the model has no chat template') }}";

    /// Reads a checkpoint's folder.
    ///
    /// @throws IOException if a file is missing or cannot be used; the message names it
    public static ChatModelFiles load(Path folder) throws IOException {
        JsonNode tokenizerConfig = read(folder.resolve("tokenizer_config.json"));
        JsonNode config = read(folder.resolve("config.json"));
        JsonNode textConfig = config.has("text_config") ? config.get("text_config") : config;
        String source = templateSource(folder, tokenizerConfig);
        ChatTemplate template = compiled(source, folder);
        var variables = new LinkedHashMap<String, Object>();
        for (String name : SPECIAL_TOKENS) {
            String text = tokenText(tokenizerConfig.path(name));
            if (!text.isEmpty()) {
                variables.put(name, text);
            }
        }
        Tokenizer tokenizer = Tokenizer.open(folder.resolve("tokenizer.json"));
        var ends = new TreeSet<Integer>();
        addIds(read(folder.resolve("generation_config.json")).path("eos_token_id"), ends);
        addIds(textConfig.path("eos_token_id"), ends);
        if (ends.isEmpty() && variables.get("eos_token") instanceof String end) {
            int[] ids = tokenizer.encode(end, false);
            if (ids.length == 1) {
                ends.add(ids[0]);
            }
        }
        return new ChatModelFiles(
                tokenizer,
                template,
                ReplyFormat.detect(source),
                ends.stream().mapToInt(Integer::intValue).toArray(),
                Map.copyOf(variables),
                textConfig.path("max_position_embeddings").asInt(0));
    }

    private static ChatTemplate compiled(String source, Path folder) throws IOException {
        try {
            return ChatTemplate.compile(source);
        } catch (TemplateException e) {
            throw new IOException("the chat template in " + folder + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static String templateSource(Path folder, JsonNode tokenizerConfig) throws IOException {
        Path file = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(file)) {
            return Files.readString(file);
        }
        JsonNode stated = tokenizerConfig.path("chat_template");
        if (stated.isString()) {
            return stated.stringValue();
        }
        // Several templates with names: the others are for special uses.
        for (JsonNode entry : stated) {
            if (entry.path("name").asString("").equals("default")) {
                return entry.path("template").asString("");
            }
        }
        return NO_TEMPLATE;
    }

    private static String tokenText(JsonNode token) {
        return token.isObject() ? token.path("content").asString("") : token.asString("");
    }

    private static void addIds(JsonNode ids, TreeSet<Integer> into) {
        if (ids.isIntegralNumber()) {
            into.add(ids.intValue());
        } else {
            ids.forEach(id -> into.add(id.asInt()));
        }
    }

    private static JsonNode read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return JSON.createObjectNode();
        }
        try {
            return JSON.readTree(Files.readString(file));
        } catch (JacksonException e) {
            throw new IOException("not JSON: " + file, e);
        }
    }
}
