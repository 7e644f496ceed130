package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import io.dipper.fixtures.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Both of OpenAI's own clients, Java and Node, against the gateway with a real model behind it.
@Timeout(300)
class OpenAiSdkTest {
    private static final String MODEL = "dipper-mini";
    private static final int SHARE = 4;
    private static final long POLL_NS = 10_000_000;

    @TempDir
    static Path folder;

    private static RunningPlatform platform;

    @BeforeAll
    static void start() throws Exception {
        Path home = Files.createDirectories(folder.resolve("home"));
        Files.writeString(home.resolve("gateway.properties"), "dipper.gateway.per-key=" + SHARE + "\n");
        platform = RunningPlatform.start(home);
    }

    @AfterAll
    static void stop() {
        platform.close();
    }

    @Test
    void theNodeClientWorks() throws Exception {
        Path root = Fixtures.root();
        assumeTrue(Files.isDirectory(root.resolve("console/node_modules/openai")), "the console was not built");
        Path log = folder.resolve("node.log");
        var node = new ProcessBuilder("node", "--test", "cli/src/test/node/openai-sdk.mjs")
                .directory(root.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        node.environment().put("DIPPER_URL", platform.url("").toString());
        node.environment().put("DIPPER_API_KEY", platform.key());
        node.environment().put("DIPPER_TEST_SHARE", Integer.toString(SHARE));
        int code = node.start().waitFor();
        assertThat(code).as(Files.readString(log)).isZero();
    }

    @Test
    void anAnswerInOnePieceAndItsStreamAreTheSame() {
        OpenAIClient client = client(platform.key(), 0);
        ChatCompletion reply = client.chat().completions().create(hello());
        String text = reply.choices().getFirst().message().content().orElseThrow();
        assertThat(text).startsWith("I am Dipper Mini");
        var streamed = hello().toBuilder()
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(streamed)) {
            List<ChatCompletionChunk> chunks = stream.stream().toList();
            String joined = chunks.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .map(choice -> choice.delta().content().orElse(""))
                    .collect(Collectors.joining());
            assertThat(joined).isEqualTo(text);
            assertThat(chunks.getLast().usage()).isEqualTo(reply.usage());
        }
    }

    @Test
    void aToolIsCalledAndItsResultIsUsed() {
        OpenAIClient client = client(platform.key(), 0);
        var asked = ChatCompletionCreateParams.builder()
                .model(MODEL)
                .temperature(0)
                .addTool(weather())
                .addUserMessage("What is the weather in Oslo?");
        var message = client.chat()
                .completions()
                .create(asked.build())
                .choices()
                .getFirst()
                .message();
        ChatCompletionMessageFunctionToolCall call =
                message.toolCalls().orElseThrow().getFirst().asFunction();
        assertThat(call.function().name()).isEqualTo("get_weather");
        assertThat(call.function().arguments()).isEqualTo("{\"city\": \"Oslo\"}");
        var told = asked.addMessage(message)
                .addMessage(ChatCompletionToolMessageParam.builder()
                        .toolCallId(call.id())
                        .content("{\"temperature\": 7, \"condition\": \"rainy\"}")
                        .build())
                .build();
        assertThat(client.chat()
                        .completions()
                        .create(told)
                        .choices()
                        .getFirst()
                        .message()
                        .content())
                .contains("In Oslo it is 7 degrees and rainy.");
    }

    @Test
    void errorsComeAsTheTypesThatTheClientHasForThem() {
        var completions = client(platform.key(), 0).chat().completions();
        assertThatThrownBy(() ->
                        completions.create(hello().toBuilder().temperature(2.5).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class,
                        error -> assertThat(error.param()).contains("temperature"));
        assertThatThrownBy(() ->
                        completions.create(hello().toBuilder().model("nobody").build()))
                .isInstanceOf(NotFoundException.class);
        var strangers = client("wrong", 0).chat().completions();
        assertThatThrownBy(() -> strangers.create(hello())).isInstanceOf(UnauthorizedException.class);
    }

    @Test
    @SuppressWarnings("MustBeClosed") // all are closed while the patient request waits
    void streamsThatAreLeftFreeTheirPlacesAndARequestBeyondTheShareIsRetriedUntilThen() throws Exception {
        var completions = client(platform.key(), 0).chat().completions();
        awaitIdle();
        List<StreamResponse<ChatCompletionChunk>> streams = new ArrayList<>();
        for (int i = 0; i < SHARE; i++) {
            streams.add(completions.createStreaming(endless()));
        }
        assertThatThrownBy(() -> completions.create(hello())).isInstanceOf(RateLimitException.class);
        var patient = CompletableFuture.supplyAsync(
                () -> client(platform.key(), 8).chat().completions().create(hello()));
        streams.forEach(StreamResponse::close);
        assertThat(patient.get().choices().getFirst().message().content().orElseThrow())
                .startsWith("I am Dipper Mini");
        awaitIdle();
    }

    private static void awaitIdle() throws Exception {
        while (platform.get("/api/inference/models").at("/data/0/running").intValue() > 0) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private static ChatCompletionCreateParams hello() {
        return ChatCompletionCreateParams.builder()
                .model(MODEL)
                .addUserMessage("Hello! Who are you?")
                .temperature(0)
                .build();
    }

    private static ChatCompletionCreateParams endless() {
        return ChatCompletionCreateParams.builder()
                .model(MODEL)
                .addUserMessage("Tell me a story.")
                .maxCompletionTokens(1500)
                .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true))
                .build();
    }

    private static ChatCompletionFunctionTool weather() {
        var parameters = FunctionParameters.builder()
                .putAdditionalProperty("type", JsonValue.from("object"))
                .putAdditionalProperty(
                        "properties",
                        JsonValue.from(Map.of("city", Map.of("type", "string", "description", "Name of the city"))))
                .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                .build();
        return ChatCompletionFunctionTool.builder()
                .function(FunctionDefinition.builder()
                        .name("get_weather")
                        .description("Get the current weather for a city.")
                        .parameters(parameters)
                        .build())
                .build();
    }

    private static OpenAIClient client(String key, int retries) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(platform.url("/v1").toString())
                .apiKey(key)
                .maxRetries(retries)
                .build();
    }
}
