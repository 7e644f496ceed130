package io.dipper.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/// Endpoints that cannot answer, and what clients see of it.
class EndpointFaultTest extends OnTroubledGateway {

    @Test
    void anEndpointThatCannotBeReachedIsPassedOverForAnother() throws Exception {
        int closed;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        leases(lease("gone", "http://127.0.0.1:" + closed, 0), lease("b", second.url(), 5));
        second.answers(json(200, "{}"));
        awaitRegistry();
        assertThat(chat().statusCode()).isEqualTo(200);
    }

    @Test
    void anEndpointWithoutRoomIsPassedOverForAnother() throws Exception {
        first.answers(json(429, "{}"));
        second.answers(json(200, "{\"from\":\"second\"}"));
        assertThat(chat().body()).contains("second");

        second.answers(json(503, "{\"from\":\"second\"}"));
        HttpResponse<String> last = chat();
        assertThat(last.statusCode()).isEqualTo(503);
        assertThat(last.body()).contains("second");
    }

    @Test
    void aRequestThatMayHaveBegunIsNotSentTwice() throws Exception {
        first.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            throw new IOException("cut before an answer");
        });
        second.answers(json(200, "{}"));
        assertThat(chat().statusCode()).isEqualTo(502);
        assertThat(first.requests.get()).isOne();
        assertThat(second.requests.get()).isZero();
    }

    @Test
    void aKeyHasItsShareAndAnEndpointItsRoom() throws Exception {
        var release = new CountDownLatch(1);
        leases(lease("a", first.url(), 0));
        awaitRegistry();
        first.answers(exchange -> {
            OutputStream out = FakeUpstream.events(exchange);
            FakeUpstream.write(out, FRAME);
            release.await();
            out.close();
        });
        List<HttpResponse<InputStream>> streams = new ArrayList<>(List.of(stream(admin), stream(admin)));
        HttpResponse<InputStream> overShare = stream(admin);
        assertThat(overShare.statusCode()).isEqualTo(429);
        assertThat(overShare.headers().firstValue("Retry-After")).isPresent();
        streams.add(stream(TOKEN));
        HttpResponse<InputStream> noRoom = stream(TOKEN);
        assertThat(noRoom.statusCode()).isEqualTo(503);
        assertThat(noRoom.headers().firstValue("Retry-After")).isPresent();
        release.countDown();
        for (HttpResponse<InputStream> stream : streams) {
            stream.body().readAllBytes();
        }
        while (stream(admin).statusCode() != 200) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @Test
    void whatIsKeptOfAnEndpointGoesWithIt() throws Exception {
        first.answers(json(200, "{}"));
        second.answers(json(200, "{}"));
        chat();
        assertThat(send("GET", "/metrics", null, admin).body()).contains("name=\"a\"");
        leases(lease("c", second.url(), 0));
        while (send("GET", "/metrics", null, admin).body().contains("name=\"a\"")) {
            chat();
            LockSupport.parkNanos(POLL_NS);
        }
    }
}
