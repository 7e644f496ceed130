package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamedWithUsage;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.support.RealService;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.StreamedReply;
import io.dipper.openaiapi.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Many clients at once on the real runtime: each gets what it would get alone, to the letter and
/// to the last bit of its logprobs.
@ExtendWith(RealService.class)
@Timeout(240)
class CompanyTest {
    private static final int STREAMS = 64;
    private static final String[] QUESTIONS = {
        "Hello! Who are you?",
        "What is the capital of France?",
        "Count from one to ten.",
        "Write a sentence with the words fox, moon and river.",
        "Was kostet die Welt? 🦊",
        "Tell me something long about everything that you know, and then some more about the rest of it."
    };

    private final RunningService service;

    CompanyTest(RunningService service) {
        this.service = service;
    }

    @Test
    void each_of_64_mixed_streams_is_answered_as_alone() throws Exception {
        List<ObjectNode> requests = requests();
        List<Said> alone = new ArrayList<>();
        for (ObjectNode request : requests) {
            alone.add(Said.of(service.stream(CHAT, streamedWithUsage(request))));
        }
        double promptTokens = service.metric("vllm:prompt_tokens_total");
        double generatedTokens = service.metric("vllm:generation_tokens_total");

        List<Said> inCompany = atOnce(requests);

        for (int i = 0; i < STREAMS; i++) {
            assertThat(inCompany.get(i)).as("%s", requests.get(i)).isEqualTo(alone.get(i));
        }
        assertThat(service.metric("vllm:num_requests_running")).isZero();
        assertThat(service.metric("vllm:num_requests_waiting")).isZero();
        assertThat(service.metric("vllm:kv_cache_usage_perc")).isZero();
        assertThat(service.metric("dipper_engine_promised_tokens")).isZero();
        assertThat(service.engineStats().heldBlocks()).isZero();
        assertThat(service.metric("vllm:prompt_tokens_total") - promptTokens)
                .isEqualTo(inCompany.stream().mapToInt(Said::promptTokens).sum());
        assertThat(service.metric("vllm:generation_tokens_total") - generatedTokens)
                .isEqualTo(inCompany.stream().mapToInt(Said::completionTokens).sum());
    }

    /// All begin together.
    private List<Said> atOnce(List<ObjectNode> requests) throws Exception {
        var begin = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Said>> answers = new ArrayList<>();
            for (ObjectNode request : requests) {
                Callable<Said> ask = () -> {
                    begin.await();
                    return Said.of(service.stream(CHAT, streamedWithUsage(request)));
                };
                answers.add(threads.submit(ask));
            }
            begin.countDown();
            List<Said> said = new ArrayList<>();
            for (Future<Said> answer : answers) {
                said.add(answer.get());
            }
            return said;
        }
    }

    private static List<ObjectNode> requests() {
        var random = new SplittableRandom(64);
        List<ObjectNode> requests = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            requests.add(request(random));
        }
        return requests;
    }

    private static ObjectNode request(SplittableRandom random) {
        String question = QUESTIONS[random.nextInt(QUESTIONS.length)];
        ObjectNode request = chat(question.repeat(1 + random.nextInt(1, 6) / 4 * random.nextInt(12)));
        request.put("max_tokens", random.nextInt(1, 60)).put("return_token_ids", true);
        if (random.nextInt(3) > 0) {
            request.put("temperature", random.nextInt(1, 21) / 10.0).put("seed", random.nextLong());
        }
        switch (random.nextInt(8)) {
            case 0 -> request.put("top_p", 0.8).put("top_k", 40);
            case 1 -> request.put("min_p", 0.05).put("presence_penalty", 1.5);
            case 2 -> request.put("frequency_penalty", -0.7).put("repetition_penalty", 1.2);
            case 3 -> request.putArray("stop").add("a").add("model");
            case 4 -> request.put("logprobs", true).put("top_logprobs", random.nextInt(6));
            case 5 -> request.put("ignore_eos", true);
            case 6 ->
                request.put("min_tokens", 1)
                        .putObject("logit_bias")
                        .put("40", -100)
                        .put("300", 5);
            default -> request.putObject("chat_template_kwargs").put("enable_thinking", true);
        }
        if (random.nextInt(6) == 0) {
            request.put("n", random.nextInt(2, 4));
        }
        return request;
    }

    /// What an answer says; its id and time are its own.
    private record Said(List<String> choices, int promptTokens, int completionTokens) {
        static Said of(StreamedReply reply) {
            assertThat(reply.status()).isEqualTo(200);
            JsonNode usage = reply.chunks().getLast().get("usage");
            List<String> choices = new ArrayList<>();
            for (int index = 0; !reply.choices(index).isEmpty(); index++) {
                choices.add(choice(reply, index));
            }
            return new Said(
                    choices,
                    usage.get("prompt_tokens").intValue(),
                    usage.get("completion_tokens").intValue());
        }

        private static String choice(StreamedReply reply, int index) {
            ObjectNode said = Json.mapper().createObjectNode();
            said.put("content", reply.content(index)).put("reasoning", reply.reasoning(index));
            said.put("finish", reply.finishReason(index));
            var ids = said.putArray("ids");
            var scores = said.putArray("logprobs");
            for (JsonNode choice : reply.choices(index)) {
                choice.get("token_ids").values().forEach(ids::add);
                choice.path("logprobs").path("content").values().forEach(scores::add);
            }
            return Json.text(said);
        }
    }
}
