package io.dipper.benchmark.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.benchmark.FakeGateway;
import io.dipper.benchmark.Scenarios;
import io.dipper.benchmark.load.Outcome.Answered;
import io.dipper.benchmark.load.Outcome.Failed;
import io.dipper.benchmark.load.Outcome.Usage;
import io.dipper.benchmark.scenario.Prompts;
import io.dipper.benchmark.scenario.Scenario;
import io.dipper.benchmark.scenario.Schedule;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChatRequesterTest {
    private static final long LONG_NS = 50_000_000_000L;

    private final FakeGateway fake = new FakeGateway();
    private final RunClock clock = new RunClock();
    private final Scenario scenario =
            Scenarios.of("{'model': 'fake-model', 'rate': 1, 'count': 1, 'prompt': 50, 'output': 6}");

    @AfterEach
    void close() {
        fake.close();
    }

    @Test
    void everyPieceHasItsInstantAndUsageIsTheServers() throws Exception {
        Answered answered = (Answered) call(LONG_NS);
        assertThat(answered.pieceNs()).hasSize(6).isSorted();
        assertThat(answered.sentNs()).isLessThanOrEqualTo(answered.pieceNs()[0]);
        assertThat(answered.endNs()).isGreaterThanOrEqualTo(answered.pieceNs()[5]);
        assertThat(answered.usage()).isEqualTo(new Usage(50, 0, 6));
    }

    @Test
    void theRequestSaysAllThatTheScenarioWants() throws Exception {
        call(LONG_NS);
        var body = fake.requests().getFirst();
        assertThat(body.path("model").asString()).isEqualTo("fake-model");
        assertThat(body.path("max_tokens").asInt()).isEqualTo(6);
        assertThat(body.path("ignore_eos").asBoolean()).isTrue();
        assertThat(body.path("stream_options").path("include_usage").asBoolean())
                .isTrue();
        assertThat(body.path("seed").isIntegralNumber()).isTrue();
    }

    @Test
    void aPieceIsTakenWhereItArrivesAndNotAtTheEnd() throws Exception {
        var secondMayCome = new CountDownLatch(1);
        fake.script(reply -> {
            reply.begin();
            reply.piece();
            secondMayCome.await();
            reply.piece();
            reply.end(2);
        });
        var heldUntil = new long[1];
        Thread.ofVirtual().start(() -> {
            try {
                clock.sleepUntil(300_000_000L);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            heldUntil[0] = clock.nowNs();
            secondMayCome.countDown();
        });
        Answered answered = (Answered) call(LONG_NS);
        assertThat(answered.pieceNs()).hasSize(2);
        assertThat(answered.pieceNs()[1]).isGreaterThanOrEqualTo(heldUntil[0]);
    }

    @Test
    void failuresAreCalledByWhatHappened() throws Exception {
        fake.script(reply -> reply.refuse(503));
        assertThat(kind(call(LONG_NS))).isEqualTo("http_503");

        fake.script(reply -> {
            reply.begin();
            reply.piece();
            reply.error("upstream_failed");
        });
        Failed broken = (Failed) call(LONG_NS);
        assertThat(broken.kind()).isEqualTo("frame_upstream_failed");
        assertThat(broken.pieces()).isEqualTo(1);

        fake.script(reply -> {
            reply.begin();
            reply.piece();
        });
        assertThat(kind(call(LONG_NS))).isEqualTo("cut");

        fake.script(reply -> {
            reply.begin();
            reply.end(0);
        });
        assertThat(kind(call(LONG_NS))).isEqualTo("empty");
    }

    @Test
    void aSilentServerIsATimeoutAndIsHungUpOn() throws Exception {
        var released = new CountDownLatch(1);
        fake.script(reply -> {
            reply.begin();
            reply.piece();
            released.await();
        });
        Failed failed = (Failed) call(clock.nowNs() + 300_000_000L);
        released.countDown();
        assertThat(failed.kind()).isEqualTo("timeout");
    }

    @Test
    void nobodyListeningIsAConnectionFailure() throws Exception {
        URI closed = fake.url();
        fake.close();
        try (var gateway = new Gateway(closed, FakeGateway.KEY)) {
            Outcome outcome = new ChatRequester(gateway, scenario, new Prompts(10, 2))
                    .call(Schedule.of(scenario).requests().getFirst(), clock, LONG_NS);
            assertThat(kind(outcome)).isEqualTo("connect");
        }
    }

    private Outcome call(long deadlineNs) throws InterruptedException {
        try (var gateway = new Gateway(fake.url(), FakeGateway.KEY)) {
            return new ChatRequester(gateway, scenario, new Prompts(10, 2))
                    .call(Schedule.of(scenario).requests().getFirst(), clock, deadlineNs);
        }
    }

    private static String kind(Outcome outcome) {
        return ((Failed) outcome).kind();
    }
}
