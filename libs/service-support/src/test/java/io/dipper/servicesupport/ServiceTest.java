package io.dipper.servicesupport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

class ServiceTest {

    @TempDir
    static Path home;

    static ConfigurableApplicationContext service;
    static HttpClient http;
    static String token;

    @BeforeAll
    static void start() throws IOException {
        service = SampleApplication.start(
                Map.of("dipper.home", home.toString(), "server.port", 0, "dipper.request-body-timeout", "1s"));
        http = HttpClient.newHttpClient();
        token = Files.readString(home.resolve("service-token")).strip();
    }

    @AfterAll
    static void stop() {
        http.close();
        service.close();
    }

    @Test
    void healthIsOpenAndNothingElseIs() throws Exception {
        assertThat(send("GET", "/health", null, null).statusCode()).isEqualTo(200);
        assertThat(send("GET", "/health/ready", null, null).statusCode()).isEqualTo(200);
        for (String path : new String[] {"/metrics", "/notes", "/nowhere", "/", "/health/other", "/actuator"}) {
            HttpResponse<String> reply = send("GET", path, null, null);
            assertThat(reply.statusCode()).as(path).isEqualTo(401);
            assertThat(reply.body()).contains("\"code\":\"invalid_api_key\"").contains("\"param\":null");
        }
        assertThat(send("GET", "/notes", null, token.substring(1)).statusCode()).isEqualTo(401);
        assertThat(send("POST", "/health", null, null).statusCode()).isEqualTo(401);
    }

    @Test
    void theSchemeMayBeInAnyCase() throws Exception {
        for (String scheme : new String[] {"bearer ", "BEARER ", "Bearer  "}) {
            HttpRequest request =
                    request("/notes").header("Authorization", scheme + token).build();
            assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void plainControllersRunOnVirtualThreadsAndReachTheDatabase() throws Exception {
        HttpResponse<String> added = send("POST", "/notes", "{\"text\":\"kept\"}", token);
        assertThat(added.body()).isEqualTo("{\"virtual\":true}");
        assertThat(send("GET", "/notes", null, token).body()).contains("\"kept\"");
    }

    @Test
    void aTargetThatIsNoUriIsRefusedInTheSameShape() throws Exception {
        for (String target : new String[] {"/%zz", "/notes?a=%", "/no|tes", "/notes#{}"}) {
            assertRefused("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400);
        }
    }

    @Test
    void whatIsNoRequestIsRefusedInTheSameShape() throws Exception {
        assertRefused("NONSENSE\r\n\r\n", 400);
        assertRefused("GET /" + "a".repeat(17_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414);
        assertRefused("GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + "a".repeat(33_000) + "\r\n\r\n", 431);
    }

    /// Whole, or as far as it came.
    private static String reply(Socket socket) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(bytes);
        } catch (SocketTimeoutException e) {
            bytes.writeBytes(" (and was left open)".getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aBodyThatDoesNotArriveIsGivenUp() throws Exception {
        try (var socket = new Socket(
                InetAddress.getLoopbackAddress(), request("/").build().uri().getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(("POST /notes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token
                                    + "\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"te")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(reply(socket)).startsWith("HTTP/1.1 408 ").endsWith("\"code\":\"request_timeout\"}}");
        }
    }

    private static void assertRefused(String sent, int status) throws IOException {
        try (var socket = new Socket(
                InetAddress.getLoopbackAddress(), request("/").build().uri().getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(sent.getBytes(StandardCharsets.US_ASCII));
            String reply = reply(socket);
            assertThat(reply).startsWith("HTTP/1.1 " + status + " ").contains("x-request-id: req-");
            assertThat(reply).endsWith("\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}");
        }
    }

    @Test
    void everyErrorHasOpenAisShape() throws Exception {
        assertError(send("GET", "/nowhere", null, token), 404);
        HttpResponse<String> wrongMethod = send("DELETE", "/notes", null, token);
        assertError(wrongMethod, 405);
        assertThat(wrongMethod.headers().firstValue("Allow").orElse("")).contains("GET", "POST");
        assertError(send("POST", "/notes", "{\"text\":", token), 400);
        assertError(send("POST", "/notes", "{\"text\":\"" + "x".repeat(2_000_000) + "\"}", token), 413);
        HttpRequest xml = request("/notes")
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/xml")
                .POST(HttpRequest.BodyPublishers.ofString("<a/>"))
                .build();
        assertError(http.send(xml, HttpResponse.BodyHandlers.ofString()), 415);
        HttpResponse<String> broken = send("GET", "/broken", null, token);
        assertError(broken, 500);
        assertThat(broken.body()).doesNotContain("secret").doesNotContain("Exception");
    }

    @Test
    void aHarmlessRequestIdComesBackAndAnyOtherIsReplaced() throws Exception {
        assertThat(requestIdFor("mine-1")).isEqualTo("mine-1");
        assertThat(requestIdFor("with spaces")).startsWith("req-");
        assertThat(send("GET", "/nowhere", null, null).headers().firstValue("x-request-id"))
                .isPresent();
    }

    @Test
    void metricsAreThisServicesOwnAndHoldNothingAClientSends() throws Exception {
        send("GET", "/nowhere/with-a-secret", null, token);
        HttpRequest odd = request("/notes")
                .header("Authorization", "Bearer " + token)
                .method("ODDMETHOD", HttpRequest.BodyPublishers.noBody())
                .build();
        http.send(odd, HttpResponse.BodyHandlers.ofString());
        HttpResponse<String> metrics = send("GET", "/metrics", null, token);
        assertThat(metrics.statusCode()).isEqualTo(200);
        assertThat(metrics.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
        assertThat(metrics.body())
                .contains("http_server_requests")
                .doesNotContain("with-a-secret")
                .doesNotContain("ODDMETHOD");
    }

    @Test
    void secretsAreReadableByTheirOwnerOnly() throws Exception {
        for (String name : new String[] {"service-token", "postgres/password"}) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(name))))
                    .isEqualTo("rw-------");
        }
    }

    private static String requestIdFor(String offered) throws Exception {
        HttpRequest request = request("/health").header("x-request-id", offered).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString())
                .headers()
                .firstValue("x-request-id")
                .orElseThrow();
    }

    private static void assertError(HttpResponse<String> reply, int status) {
        assertThat(reply.statusCode()).isEqualTo(status);
        assertThat(reply.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(reply.body())
                .startsWith("{\"error\":{\"message\":\"")
                .contains("\"type\":", "\"param\":", "\"code\":");
    }

    private static HttpResponse<String> send(String method, String path, String json, String key) throws Exception {
        HttpRequest.Builder request = request(path)
                .method(
                        method,
                        json == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(json));
        if (json != null) {
            request.header("Content-Type", "application/json");
        }
        if (key != null) {
            request.header("Authorization", "Bearer " + key);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String path) {
        int port = service.getEnvironment().getProperty("local.server.port", Integer.class);
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }
}
