package io.dipper.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A client that sends its requests one after another and waits for no answer in between.
@Timeout(120)
class PipelinedRequestsTest {
    private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");
    private static final int PATIENCE_MS = 60_000;
    private static final long POLL_NS = 20_000_000;

    @TempDir
    Path home;

    private TestGateway gateway;
    private String key;

    @BeforeEach
    void start() throws Exception {
        gateway = new TestGateway(
                home, url -> List.of(TestGateway.lease("a", "org/model", url, "READY", 0)), _ -> Map.of());
        key = Files.readString(home.resolve("admin.key")).strip();
        gateway.upstream.answers(exchange -> {
            exchange.getRequestBody().readAllBytes();
            FakeUpstream.reply(exchange, 200, "{}");
        });
        while (gateway.http
                        .send(gateway.request("/health/ready", null).build(), BodyHandlers.discarding())
                        .statusCode()
                != 200) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 2_000})
    void allAreAnsweredInTheirTurnAndNoneIsLost(int count) throws Exception {
        String body = "{\"model\":\"org/model\"}";
        String chat = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key
                + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        assertAllAnswered(chat, count);
        assertThat(gateway.upstream.requests).hasValue(count);
    }

    /// As many as one read can bring.
    @ParameterizedTest
    @ValueSource(ints = 2_000)
    void theShortestWithAKeyAreAnsweredToo(int count) throws Exception {
        assertAllAnswered("GET /v1/models HTTP/1.1\r\nAuthorization:Bearer " + key + "\r\n\r\n", count);
    }

    private void assertAllAnswered(String request, int count) throws Exception {
        try (var socket = new Socket(
                InetAddress.getLoopbackAddress(),
                gateway.request("/", null).build().uri().getPort())) {
            socket.setSoTimeout(PATIENCE_MS);
            Thread.ofVirtual().start(() -> send(socket, request.repeat(count)));
            var in = new BufferedInputStream(socket.getInputStream());
            for (int answered = 0; answered < count; answered++) {
                assertThat(readAnswer(in))
                        .as("after %d of %d answers", answered, count)
                        .startsWith("HTTP/1.1 200 ");
            }
        }
    }

    /// Returns the head.
    private static String readAnswer(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return "the connection ended: " + head;
            }
            head.append((char) next);
        }
        Matcher length = LENGTH.matcher(head);
        assertThat(length.find()).as(head.toString()).isTrue();
        in.readNBytes(Integer.parseInt(length.group(1)));
        return head.toString();
    }

    private static void send(Socket socket, String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
