package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamed;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.support.ExpectedCase;
import io.dipper.inference.support.RawClient;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.ScriptedRunner;
import io.dipper.openaiapi.json.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.node.ObjectNode;

/// Clients that leave, wherever their request is. The runner takes its steps one by one, so that it
/// is known where.
@Timeout(60)
class HangUpTest {
    /// More than run at once.
    private static final int CROWD = 300;

    private final ScriptedRunner runner = new ScriptedRunner(ExpectedCase.all(), 30_000);
    private RunningService service;

    @BeforeEach
    void start() throws Exception {
        service = RunningService.start(runner);
    }

    @AfterEach
    void stop() {
        runner.letGo();
        service.close();
    }

    @Test
    void a_stream_that_is_left_is_gone_within_a_step() throws Exception {
        runner.hold();
        try (var client = RawClient.post(service, CHAT, endless(true))) {
            client.awaitText("\"delta\":{\"content\"", () -> runner.step(1));
            assertThat(service.engineStats().running()).isEqualTo(1);
        }
        service.awaitStats(stats -> stats.cancelled() == 1 && stats.running() == 0, () -> runner.step(1));
        assertThat(service.engineStats().heldBlocks()).isZero();
    }

    @Test
    void an_unstreamed_request_that_is_left_is_gone_within_a_step() throws Exception {
        runner.hold();
        try (var _ = RawClient.post(service, CHAT, endless(false))) {
            service.awaitStats(stats -> stats.running() == 1, () -> runner.step(1));
        }
        service.awaitStats(stats -> stats.cancelled() == 1 && stats.running() == 0, () -> runner.step(1));
    }

    @Test
    void with_several_choices_all_of_them_go() throws Exception {
        runner.hold();
        try (var client = RawClient.post(service, CHAT, endless(true).put("n", 5))) {
            client.awaitText("\"index\":4", () -> runner.step(1));
        }
        service.awaitStats(stats -> stats.cancelled() == 5 && stats.running() == 0, () -> runner.step(1));
    }

    @Test
    void those_who_wait_in_the_queue_go_too() throws Exception {
        runner.hold();
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            clients.add(RawClient.post(service, CHAT, endless(i % 2 == 0)));
        }
        service.awaitStats(stats -> stats.running() + stats.waiting() == CROWD, () -> {});
        for (RawClient client : clients) {
            client.close();
        }
        service.awaitStats(stats -> stats.cancelled() == CROWD, () -> runner.step(1));
        assertThat(service.engineStats().waiting()).isZero();
        runner.letGo();
        assertThat(service.metric("vllm:num_requests_running")).isZero();
        assertThat(service.ask(CHAT, chat("Hello! Who are you?").put("max_tokens", 2))
                        .at("/choices/0/message/content")
                        .stringValue())
                .isEqualTo("I am");
    }

    @Test
    void fifty_that_leave_in_mid_stream_do_not_change_a_neighbours_answer() throws Exception {
        String expected = service.ask(CHAT, chat("Hello! Who are you?").put("max_tokens", 50))
                .at("/choices/0/message")
                .toString();
        for (int i = 0; i < 50; i++) {
            try (var client = RawClient.post(service, CHAT, endless(true))) {
                client.awaitText("\"delta\":{\"content\"", () -> {});
            }
        }
        assertThat(service.ask(CHAT, chat("Hello! Who are you?").put("max_tokens", 50))
                        .at("/choices/0/message")
                        .toString())
                .isEqualTo(expected);
        service.awaitStats(stats -> stats.running() + stats.waiting() == 0, () -> {});
    }

    @Test
    void a_reader_that_stops_reading_holds_up_nobody() throws Exception {
        try (var client = RawClient.post(service, CHAT, endless(true).put("n", 8))) {
            client.awaitText("data: ", () -> {});
            for (int i = 0; i < 5; i++) {
                service.ask(CHAT, chat("Hello").put("max_tokens", 20));
            }
        }
        service.awaitStats(stats -> stats.running() == 0, () -> {});
    }

    private static ObjectNode endless(boolean stream) {
        ObjectNode request = (ObjectNode) Json.tree(Json.text(chat("Tell me all")));
        request.put("max_tokens", 25_000).put("ignore_eos", true);
        return stream ? streamed(request) : request;
    }
}
