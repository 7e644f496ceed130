package io.dipper.chat.template;

import java.io.IOException;
import java.io.Writer;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Renders many conversations with one template: what the model would see of each.
public final class RenderCases {
    private static final JsonMapper JSON = new JsonMapper();

    private RenderCases() {}

    /// Reads lines of JSON, `{id, inputs}`, and writes a line for each: `{id, text}` or `{id,
    /// error, kind}`.
    ///
    /// @param name what the cases are called in messages
    /// @throws IOException if a line is no such JSON; the message names cases and line
    public static void run(String template, String cases, String name, Clock clock, Writer out) throws IOException {
        int number = 0;
        for (String line : cases.lines().toList()) {
            number++;
            if (!line.isBlank()) {
                JsonNode stated = read(line, name + ", line " + number);
                out.write(JSON.writeValueAsString(render(template, stated, clock)));
                out.write('\n');
            }
        }
        out.flush();
    }

    private static JsonNode read(String line, String where) throws IOException {
        try {
            JsonNode stated = JSON.readTree(line);
            if (stated.path("inputs").isObject()) {
                return stated;
            }
        } catch (JacksonException e) {
            throw new IOException("not JSON: " + where, e);
        }
        throw new IOException("no object `inputs`: " + where);
    }

    static Map<String, Object> render(String source, JsonNode stated, Clock clock) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("id", stated.get("id"));
        var variables = new LinkedHashMap<String, Object>();
        stated.get("inputs").properties().forEach(entry -> variables.put(entry.getKey(), entry.getValue()));
        try {
            answer.put("text", ChatTemplate.compile(source).render(variables, clock));
        } catch (TemplateException e) {
            answer.put("error", e.getMessage());
            answer.put("kind", e.kind().text());
        }
        return answer;
    }
}
