package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Standard output as a pipe gets it: what libraries log goes elsewhere.
@Timeout(60)
class StandardOutputTest {
    @Test
    void standardOutputOfTokenizeIsJsonAlone() throws Exception {
        Process tokenize = DipperProcess.of(
                        "tokenize",
                        "--tokenizer",
                        Fixtures.dipperMini().resolve("tokenizer.json").toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (OutputStream in = tokenize.getOutputStream()) {
            in.write("{\"ids\": [472]}\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(new String(tokenize.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("{\"text\":\"hi\"}\n");
        assertThat(tokenize.waitFor()).isZero();
    }
}
