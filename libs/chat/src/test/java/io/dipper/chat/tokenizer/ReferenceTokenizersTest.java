package io.dipper.chat.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Tokenizers that models were published with, against what the reference answers. They are third-party
/// files: the test set-up fetches them where reference data names them.
class ReferenceTokenizersTest {
    private static final JsonMapper JSON = new JsonMapper();

    private final List<String> wrong = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(
            strings = {"qwen3", "deepseek_v3", "gemma3", "llama3", "llama3_1", "gptoss", "phi-2", "phi-3-mini", "falcon"
            })
    void everyTextIsCutAndPutTogetherAsInTheReference(String id) throws IOException {
        Optional<Path> folder = Fixtures.referenceData().map(root -> root.resolve("tokenizers"));
        assumeTrue(folder.isPresent(), "DIPPER_REFERENCE_DATA names no reference data");
        Path file = Fixtures.tokenizers().resolve(id + ".json");
        assumeTrue(Files.exists(file), id + " was not fetched");
        int[] inFront = ids(tokenizer(folder.get(), id).get("added_in_front"));
        try (Tokenizer tokenizer = DjlTokenizer.open(file)) {
            Map<String, int[]> cases = cases(folder.get(), id, tokenizer, inFront);
            decoded(folder.get(), id, tokenizer);
            streamed(folder.get(), id, tokenizer, cases);
        }
        assertThat(wrong).as(String.join("\n", wrong)).isEmpty();
    }

    private static JsonNode tokenizer(Path folder, String id) throws IOException {
        for (JsonNode listed : JSON.readTree(Files.readString(folder.resolve("tokenizers.json")))) {
            if (listed.get("id").stringValue().equals(id)) {
                return listed;
            }
        }
        throw new AssertionError("no tokenizer " + id + " in the list");
    }

    private Map<String, int[]> cases(Path folder, String id, Tokenizer tokenizer, int[] inFront) throws IOException {
        var cases = new HashMap<String, int[]>();
        for (String line : Files.readAllLines(folder.resolve("cases.jsonl"))) {
            JsonNode stated = JSON.readTree(line);
            JsonNode expected = stated.path("expected").path(id);
            if (expected.isMissingNode()) {
                continue;
            }
            String name = stated.get("id").stringValue();
            String text = stated.get("text").stringValue();
            int[] ids = ids(expected.get("ids"));
            cases.put(name, ids);
            check(name, ids, tokenizer.encode(text, false));
            check(name + " with specials", concat(inFront, ids), tokenizer.encode(text, true));
            String decoded = expected.has("decoded") ? expected.get("decoded").stringValue() : text;
            check(name + " decoded", decoded, tokenizer.decode(ids, false));
            if (expected.has("decoded_skip_special")) {
                check(
                        name + " without specials",
                        expected.get("decoded_skip_special").stringValue(),
                        tokenizer.decode(ids, true));
            }
        }
        assertThat(cases).isNotEmpty();
        return cases;
    }

    private void decoded(Path folder, String id, Tokenizer tokenizer) throws IOException {
        for (String line : Files.readAllLines(folder.resolve("decode.jsonl"))) {
            JsonNode stated = JSON.readTree(line);
            if (stated.get("tokenizer").stringValue().equals(id)) {
                String text = tokenizer.decode(ids(stated.get("ids")), false);
                check(line, stated.get("decoded").stringValue(), text);
                if (stated.has("decoded_skip_special")) {
                    check(
                            line,
                            stated.get("decoded_skip_special").stringValue(),
                            tokenizer.decode(ids(stated.get("ids")), true));
                }
            }
        }
    }

    private void streamed(Path folder, String id, Tokenizer tokenizer, Map<String, int[]> cases) throws IOException {
        for (String line : Files.readAllLines(folder.resolve("stream.jsonl"))) {
            JsonNode stated = JSON.readTree(line);
            if (!stated.get("tokenizer").stringValue().equals(id)) {
                continue;
            }
            var decoder = new StreamDecoder(tokenizer, false);
            var pieces = new ArrayList<String>();
            for (int token : cases.get(stated.get("case").stringValue())) {
                pieces.add(decoder.accept(token));
            }
            List<String> expected = stated.get("chunks")
                    .valueStream()
                    .map(chunk -> chunk.isNull() ? "" : chunk.stringValue())
                    .toList();
            check("stream of " + stated.get("case").stringValue(), expected, pieces);
        }
    }

    private void check(String what, Object expected, Object actual) {
        boolean same =
                expected instanceof int[] ids ? java.util.Arrays.equals(ids, (int[]) actual) : expected.equals(actual);
        if (!same) {
            wrong.add(what + "\n  expected " + JSON.writeValueAsString(expected) + "\n  but was  "
                    + JSON.writeValueAsString(actual));
        }
    }

    private static int[] ids(JsonNode node) {
        return node.valueStream().mapToInt(JsonNode::intValue).toArray();
    }

    private static int[] concat(int[] first, int[] second) {
        int[] all = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
