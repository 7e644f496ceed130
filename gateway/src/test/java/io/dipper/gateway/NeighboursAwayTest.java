package io.dipper.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Hooks;

/// A gateway goes on with what it knows while its registry or its database is away.
class NeighboursAwayTest extends OnTroubledGateway {
    private final Queue<Throwable> dropped = new ConcurrentLinkedQueue<>();

    @BeforeEach
    void collectWhatNobodyWaitsFor() {
        Hooks.onErrorDropped(dropped::add);
    }

    @AfterEach
    void collectNoMore() {
        Hooks.resetOnErrorDropped();
    }

    @Test
    void servingGoesOnWithoutTheRegistry() throws Exception {
        first.answers(json(200, "{}"));
        registry.answers(json(500, "{}"));
        awaitRegistry();
        assertThat(chat().statusCode()).isEqualTo(200);
    }

    /// Nobody could renew them: so long as they may beat again, they are asked as before.
    @Test
    void leasesThatRanOutWithTheRegistryAreHeldWhenItIsBack() throws Exception {
        first.answers(json(200, "{}"));
        second.answers(json(200, "{}"));
        registry.answers(json(500, "{}"));
        awaitRegistry();
        leases(lease("a", first.url(), "AWAY", 0), lease("b", second.url(), "AWAY", 0));
        awaitRegistry();
        assertThat(chat().statusCode()).isEqualTo(200);
    }

    @Test
    void aKnownKeyOpensWhileTheDatabaseIsAwayAndAnUnknownOneIsToldToComeBack() throws Exception {
        first.answers(json(200, "{}"));
        assertThat(chat().statusCode()).isEqualTo(200);
        postgres.stop();
        for (int i = 0; i < 3; i++) {
            // Takes longer than a key is known without asking.
            HttpResponse<String> unknown = send("GET", "/v1/models", null, "dk-unknown");
            assertThat(unknown.statusCode()).isEqualTo(503);
            assertThat(unknown.headers().firstValue("Retry-After")).isPresent();
            assertThat(chat().statusCode()).isEqualTo(200);
        }
        postgres.start();
        while (send("GET", "/v1/models", null, "dk-unknown").statusCode() != 401) {
            LockSupport.parkNanos(POLL_NS);
        }
        assertThat(send("GET", "/api/keys", null, admin).statusCode()).isEqualTo(200);
        // Each would be a stack in the log, for a request that was answered.
        assertThat(dropped).isEmpty();
    }
}
