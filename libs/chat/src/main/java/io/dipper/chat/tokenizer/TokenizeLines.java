package io.dipper.chat.tokenizer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Tokenizes lines of JSON: `{"text": …}` becomes `{"ids": […]}`, and `{"ids": […]}` becomes
/// `{"text": …}`.
public final class TokenizeLines {
    private static final JsonMapper JSON = new JsonMapper();

    private TokenizeLines() {}

    /// Answers line by line.
    ///
    /// @param addSpecial whether texts get the tokens that the tokenizer puts around them
    /// @throws IOException if a line is neither of the two; the message names it
    public static void run(Tokenizer tokenizer, boolean addSpecial, Reader in, Writer out) throws IOException {
        var lines = new BufferedReader(in);
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            if (!line.isBlank()) {
                out.write(JSON.writeValueAsString(answer(tokenizer, addSpecial, line, number)));
                out.write('\n');
                // Whoever writes line by line may wait for each answer.
                out.flush();
            }
        }
    }

    private static Map<String, Object> answer(Tokenizer tokenizer, boolean addSpecial, String line, int number)
            throws IOException {
        JsonNode stated;
        try {
            stated = JSON.readTree(line);
        } catch (JacksonException e) {
            throw new IOException("line " + number + " is not JSON", e);
        }
        if (stated.path("text").isString()) {
            return Map.of("ids", tokenizer.encode(stated.get("text").stringValue(), addSpecial));
        }
        JsonNode ids = stated.path("ids");
        if (!ids.isArray()) {
            throw new IOException("line " + number + " has neither `text` nor `ids`");
        }
        int[] values = new int[ids.size()];
        for (int i = 0; i < values.length; i++) {
            JsonNode id = ids.get(i);
            if (!id.isIntegralNumber()
                    || !id.canConvertToInt()
                    || id.intValue() < 0
                    || id.intValue() >= tokenizer.vocabularySize()) {
                throw new IOException("line " + number + ": `ids` are 0 to " + (tokenizer.vocabularySize() - 1)
                        + " in this vocabulary, given: " + id);
            }
            values[i] = id.intValue();
        }
        return Map.of("text", tokenizer.decode(values, false));
    }
}
