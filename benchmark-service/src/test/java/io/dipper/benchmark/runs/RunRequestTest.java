package io.dipper.benchmark.runs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunRequestTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "- a list",
                "a text",
                "",
                "name: [",
                "!!java.net.URL [x]",
                "!!binary x",
                "name: !!binary x",
                "name: !!int ''",
                "name: !!float x",
                "name: !!timestamp x",
                "name: !!map x",
                "name: !!str [a]",
                "name: \"\\ud800\"",
                "~: a",
                "{1: a, '1': b}",
                "&a {b: *a}"
            })
    void whatIsNoMappingInYamlIsRefused(String body) {
        ApiError error = refusal(body, RunRequest::ofYaml);
        assertThat(error.status()).isEqualTo(400);
        assertThat(error.message()).isNotBlank().doesNotContain("yaml.", "java.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\u0000", "a\\nb", "\\u009f"})
    void namesHaveNoControlCharacters(String text) {
        String rest = "\"rate\":1,\"count\":1}";
        String name = "{\"model\":\"m\",\"name\":\"" + text + "\"," + rest;
        String model = "{\"model\":\"" + text + "\"," + rest;
        assertThat(refusal(name, RunRequest::ofJson).param()).isEqualTo("name");
        assertThat(refusal(name, RunRequest::ofYaml).param()).isEqualTo("name");
        assertThat(refusal(model, RunRequest::ofJson).param()).isEqualTo("model");
    }

    private static ApiError refusal(String body, Function<byte[], RunRequest> reader) {
        return catchThrowableOfType(RefusedException.class, () -> reader.apply(body.getBytes(StandardCharsets.UTF_8)))
                .error();
    }
}
