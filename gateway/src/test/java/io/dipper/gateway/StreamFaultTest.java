package io.dipper.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/// Streams of which one end falls silent or goes away.
class StreamFaultTest extends OnTroubledGateway {

    @Test
    void aClientThatDoesNotReadLosesItsStreamAndNobodyElseDoes() throws Exception {
        var ended = new CountDownLatch(1);
        String large = "data: " + "x".repeat(60_000) + "\n\n";
        first.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            try {
                while (true) {
                    FakeUpstream.write(out, large);
                }
            } catch (IOException e) {
                ended.countDown();
                throw e;
            }
        });
        second.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            do {
                FakeUpstream.write(out, FRAME);
                LockSupport.parkNanos(POLL_NS);
            } while (ended.getCount() > 0);
            FakeUpstream.write(out, "data: [DONE]\n\n");
            out.close();
        });
        try (var idler = new Socket(InetAddress.getLoopbackAddress(), port)) {
            idler.setReceiveBufferSize(4096);
            String body = "{\"model\":\"twin\",\"stream\":true}";
            idler.getOutputStream()
                    .write(("POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + admin
                                    + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                                    + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            while (first.requests.get() == 0) {
                LockSupport.parkNanos(POLL_NS);
            }
            leases(lease("b", second.url(), 0));
            awaitRegistry();
            String other = rest(stream(admin));
            ended.await();
            assertThat(other).startsWith(FRAME).endsWith("data: [DONE]\n\n").doesNotContain("error");
        }
    }

    @Test
    void anEndpointThatFallsSilentEndsTheStreamWithAnErrorFrame() throws Exception {
        var release = new CountDownLatch(1);
        first.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            FakeUpstream.write(out, FRAME);
            release.await();
        });
        String text = rest(stream(admin));
        release.countDown();
        assertThat(text)
                .startsWith(FRAME + "data: {\"error\":{")
                .contains("\"code\":\"timeout\"")
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void streamsInFlightEndAsTheyShouldWhenTheGatewayStops() throws Exception {
        var release = new CountDownLatch(1);
        first.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            FakeUpstream.write(out, FRAME);
            while (release.getCount() > 0) {
                LockSupport.parkNanos(POLL_NS);
                FakeUpstream.write(out, ": ping\n\n");
            }
            FakeUpstream.write(out, "data: [DONE]\n\n");
            out.close();
        });
        HttpResponse<InputStream> running = stream(admin);
        assertThat(running.body().read()).isEqualTo('d');
        var stopping = CompletableFuture.runAsync(gateway::close);
        while (send("GET", "/health/ready", null, null).statusCode() == 200) {
            LockSupport.parkNanos(POLL_NS);
        }
        HttpResponse<String> late = chat();
        assertThat(late.statusCode()).isEqualTo(503);
        assertThat(late.headers().firstValue("Retry-After")).isPresent();
        release.countDown();
        assertThat(rest(running)).endsWith("data: [DONE]\n\n");
        stopping.join();
    }
}
