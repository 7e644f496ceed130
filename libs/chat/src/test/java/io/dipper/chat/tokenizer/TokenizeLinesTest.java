package io.dipper.chat.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizeLinesTest {
    private static String answer(String lines) throws IOException {
        var out = new StringWriter();
        try (Tokenizer tokenizer = Tokenizer.open(Fixtures.dipperMini().resolve("tokenizer.json"))) {
            TokenizeLines.run(tokenizer, false, new StringReader(lines), out);
        }
        return out.toString();
    }

    @Test
    void whatWasCutIsJoinedAgain() throws IOException {
        assertThat(answer(answer("{\"text\": \"Hello there\"}"))).isEqualTo("{\"text\":\"Hello there\"}\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4096", "99999999", "-1", "1.5", "99999999999", "\"a\""})
    void anIdThatTheVocabularyHasNotIsRefusedByLineAndValue(String id) {
        assertThatIOException()
                .isThrownBy(() -> answer("{\"ids\": [4095]}\n{\"ids\": [1, " + id + "]}"))
                .withMessageContainingAll("line 2", "ids", "4095", id);
    }
}
