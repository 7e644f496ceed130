package io.dipper.openaiapi.json;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.Checked;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrictJsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "}",
                "{]",
                "[1,2",
                "nope",
                "{\"a\":1}}",
                "{\"a\":1} {}",
                "{\"a\":1,}",
                "{'a':1}",
                "{a:1}",
                "{\"a\":NaN}",
                "{\"a\":Infinity}",
                "{\"a\":-Infinity}",
                "{\"a\":+1}",
                "{\"a\":01}",
                "{\"a\":.5}",
                "{\"a\":1.}",
                "{\"a\":\"\t\"}",
                "{\"a\":\"\\x\"}",
                "{\"a\":1 /* */}",
                "{\"\\ud800\":1}",
                "\u0000",
            })
    void what_is_not_strict_json_is_refused(String body) {
        ApiError error = refusal(body.getBytes(StandardCharsets.UTF_8), Fields::names);
        assertThat(error.status()).isEqualTo(400);
        assertThat(error.type()).isEqualTo("invalid_request_error");
        assertThat(error.param()).isNull();
    }

    @Test
    void a_number_that_no_double_holds_is_refused_by_its_field() {
        ApiError error = refusal("{\"b\":0,\"a\":[{\"c\":-1e999}]}".getBytes(StandardCharsets.UTF_8), Fields::names);
        assertThat(error.status()).isEqualTo(400);
        assertThat(error.param()).isEqualTo("a[0].c");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":1,\"a\":2}| a",
                "{\"b\":[{},{\"a\":1,\"a\":1}]}| b[1].a",
                "{\"<b>\":1,\"<b>\":1}|",
                "{\"a\":\"\\ud800\"}| a",
                "{\"a\":{\"b\":[1,\"\\udc00\\ud800\"]}}| a.b[1]",
            })
    void a_field_that_is_at_fault_is_named_unless_its_name_is_odd(String body, String param) {
        assertThat(refusal(body.getBytes(StandardCharsets.UTF_8), Fields::names).param())
                .isEqualTo(param);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "1", "\"a\"", "null", "true"})
    void a_body_that_is_no_object_is_refused(String body) {
        assertThat(refusal(body.getBytes(StandardCharsets.UTF_8), Fields::names).message())
                .isEqualTo("the body must be a JSON object");
    }

    @Test
    void bytes_that_are_no_utf_8_are_refused() {
        byte[][] bodies = {
            {'{', '"', 'a', '"', ':', '"', (byte) 0xff, '"', '}'},
            {'{', '"', 'a', '"', ':', '"', (byte) 0xc0, (byte) 0x80, '"', '}'},
            {'{', '"', 'a', '"', ':', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', '}'},
            {'{', '"', 'a', '"', ':', '"', (byte) 0xf0, (byte) 0x9f, '"', '}'},
        };
        for (byte[] body : bodies) {
            assertThat(refusal(body, Fields::names).message()).isEqualTo("the body must be valid UTF-8");
        }
    }

    @Test
    void depth_is_bounded_and_the_bound_can_be_reached() {
        int most = StrictJson.MAX_DEPTH - 1;
        String fits = "{\"a\":" + "[".repeat(most) + "]".repeat(most) + "}";
        String deep = "{\"a\":" + "[".repeat(most + 1) + "]".repeat(most + 1) + "}";
        assertThat(StrictJson.read(fits.getBytes(StandardCharsets.UTF_8), Fields::names))
                .isInstanceOf(Checked.Accepted.class);
        assertThat(refusal(deep.getBytes(StandardCharsets.UTF_8), Fields::names).message())
                .contains("at most 128 levels");
        refusal("[".repeat(100_000).getBytes(StandardCharsets.UTF_8), Fields::names);
    }

    @Test
    void surrogate_pairs_are_whole_characters_escaped_or_not() {
        assertThat(StrictJson.object("{\"a\":\"\\ud83e\\udd8a🦊\"}".getBytes(StandardCharsets.UTF_8))
                        .get("a")
                        .stringValue())
                .isEqualTo("🦊🦊");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"2\" | an integer, but is a text",
                "true | an integer, but is true",
                "1.5 | an integer, but is a number with a fraction or an exponent",
                "1e3 | an integer, but is a number with a fraction or an exponent",
                "[] | an integer, but is a list",
                "{} | an integer, but is an object",
                "1000000000000000000000000000000 | an integer between -9223372036854775808 and 9223372036854775807,"
                        + " but has 31 digits",
            })
    void nothing_is_guessed_for_an_integer(String value, String complaint) {
        ApiError error = refusal(body(value), fields -> fields.integer("a"));
        assertThat(error.param()).isEqualTo("a");
        assertThat(error.message()).isEqualTo("a must be " + complaint);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"1\"", "true", "[1]", "{}"})
    void nothing_is_guessed_for_a_number(String value) {
        assertThat(refusal(body(value), fields -> fields.number("a")).param()).isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"true\"", "1", "0", "[]"})
    void nothing_is_guessed_for_a_flag(String value) {
        assertThat(refusal(body(value), fields -> fields.flag("a")).param()).isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "true", "[\"a\"]", "{}"})
    void nothing_is_guessed_for_a_text(String value) {
        assertThat(refusal(body(value), fields -> fields.text("a")).param()).isEqualTo("a");
    }

    @Test
    void null_is_as_absent() {
        Fields fields = new Fields(StrictJson.object(body("null")));
        assertThat(fields.has("a")).isFalse();
        assertThat(fields.text("a")).isNull();
        assertThat(fields.integer("a")).isNull();
        assertThat(fields.number("a")).isNull();
        assertThat(fields.flag("a")).isNull();
        assertThat(fields.list("a")).isNull();
        assertThat(fields.object("a")).isNull();
        assertThat(refusal(body("null"), f -> f.requiredText("a")).message()).isEqualTo("a is required");
    }

    @Test
    void errors_name_the_place_of_nested_fields() {
        ApiError error = refusal(body("[{\"b\":1},{\"b\":\"x\"}]"), fields -> {
            fields.objects("a").forEach(entry -> entry.integer("b"));
            return null;
        });
        assertThat(error.param()).isEqualTo("a[1].b");
        assertThat(refusal(body("[\"x\",2]"), fields -> fields.textOrTexts("a")).param())
                .isEqualTo("a[1]");
    }

    @Test
    void a_refusal_does_not_repeat_what_was_sent() {
        ApiError error = refusal(body("\"SECRET\""), fields -> fields.integer("a"));
        assertThat(new String(error.toJson(), StandardCharsets.UTF_8)).doesNotContain("SECRET");
    }

    private static byte[] body(String value) {
        return ("{\"a\":" + value + "}").getBytes(StandardCharsets.UTF_8);
    }

    private static <T> ApiError refusal(byte[] body, Function<Fields, T> reader) {
        return switch (StrictJson.read(body, reader)) {
            case Checked.Refused<T>(ApiError error) -> error;
            case Checked.Accepted<T>(T value) -> throw new AssertionError("was taken: " + value);
        };
    }
}
