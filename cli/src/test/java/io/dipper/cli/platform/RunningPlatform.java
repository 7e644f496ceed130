package io.dipper.cli.platform;

import io.dipper.fixtures.Fixtures;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.SecretFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// All services in this JVM on a home of their own, as `up` starts them.
final class RunningPlatform implements AutoCloseable {
    private static final int TRIES = 200;

    final DipperHome home;
    final int port;
    private final PrintWriter messages = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    private final Shutdown shutdown = new Shutdown(messages);
    private final HttpClient http = HttpClient.newHttpClient();

    private RunningPlatform(DipperHome home, int port) {
        this.home = home;
        this.port = port;
    }

    static RunningPlatform start(Path folder) throws Exception {
        System.setProperty("dipper.install", Fixtures.root().toString());
        var platform = new RunningPlatform(new DipperHome(folder), freePorts());
        try {
            new Up(platform.home, platform.port, Up.DEMONSTRATION, false, platform.shutdown, platform.messages).start();
        } catch (Exception e) {
            platform.close();
            throw e;
        }
        return platform;
    }

    URI url(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    String key() {
        return SecretFile.read(home.adminKey()).orElseThrow();
    }

    HttpResponse<String> post(String path, JsonNode body) throws IOException, InterruptedException {
        return http.send(
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                        .build(),
                BodyHandlers.ofString());
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return JsonMapper.shared()
                .readTree(http.send(request(path).build(), BodyHandlers.ofString())
                        .body());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(url(path)).header("Authorization", "Bearer " + key());
    }

    /// The first of four free ports in a row.
    static int freePorts() {
        var random = new Random();
        for (int i = 0; i < TRIES; i++) {
            int first = 20_000 + random.nextInt(40_000);
            if (isFree(first) && isFree(first + 1) && isFree(first + 2) && isFree(first + 3)) {
                return first;
            }
        }
        throw new IllegalStateException("no four free ports in a row");
    }

    private static boolean isFree(int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        shutdown.stopAll();
    }
}
