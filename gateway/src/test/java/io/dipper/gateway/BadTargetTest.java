package io.dipper.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Endpoints whose addresses are none: an old registry may have taken them.
@Timeout(120)
class BadTargetTest {

    private static final long POLL_NS = 20_000_000;

    static final List<String> URLS = List.of(
            "http://a:99999999",
            "http://[",
            "http://::::",
            "http://]:x",
            "http://-",
            "http://_",
            "http://a b",
            "http://" + "a".repeat(300),
            "http://[::1",
            "http://127.0.0.1:0",
            "ftp://127.0.0.1",
            "127.0.0.1",
            "");

    @TempDir
    static Path home;

    static TestGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway = new TestGateway(home, BadTargetTest::leases, _ -> Map.of());
        gateway.upstream.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            FakeUpstream.reply(exchange, 200, "{}");
        });
        while (chat("twin-0").statusCode() == 503) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @FieldSource("URLS")
    void anEndpointThatCannotBeAskedIsPassedOverForAnother(String url) throws Exception {
        assertThat(chat("twin-" + URLS.indexOf(url)).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @FieldSource("URLS")
    void theCircuitOfAnEndpointThatCannotBeAskedOpens(String url) throws Exception {
        HttpResponse<String> reply = chat("alone-" + URLS.indexOf(url));
        while (reply.statusCode() != 503) {
            assertThat(reply.statusCode()).as(reply.body()).isEqualTo(502);
            reply = chat("alone-" + URLS.indexOf(url));
        }
        assertThat(reply.body()).contains("\"code\":\"no_endpoint\"");
    }

    private static List<String> leases(String upstream) {
        List<String> leases = new ArrayList<>();
        for (int i = 0; i < URLS.size(); i++) {
            leases.add(TestGateway.lease("alone-" + i, "alone-" + i, URLS.get(i), "READY", 0));
            leases.add(TestGateway.lease("twin-" + i + "-0", "twin-" + i, URLS.get(i), "READY", 0));
            leases.add(TestGateway.lease("twin-" + i + "-5", "twin-" + i, upstream, "READY", 5));
        }
        return leases;
    }

    private static HttpResponse<String> chat(String model) throws Exception {
        HttpRequest request = gateway.request("/v1/chat/completions", TestGateway.TOKEN)
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"" + model + "\"}"))
                .build();
        return gateway.http.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
