package io.dipper.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dipper.checkpoint.CheckpointFiles;
import io.dipper.checkpoint.Digests;
import io.dipper.checkpoint.Progress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A hub on a local port that holds one checkpoint, `test/tiny`, and does what a test plans with
/// its weights.
final class TinyHub implements AutoCloseable {
    static final String COMMIT = "00112233445566778899aabbccddeeff00112233";

    enum Fault {
        CUT_OFF,
        NOT_FOUND,
        WRONG_BYTE
    }

    final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final Path folder;
    private final HttpServer server;

    TinyHub(Path folder) throws IOException {
        this.folder = folder;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                answer(exchange);
            }
        });
        server.start();
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (path.startsWith("/api/models/test/tiny/revision/")) {
            send(exchange, listing().toString().getBytes(StandardCharsets.UTF_8), Integer.MAX_VALUE);
        } else if (path.startsWith("/test/tiny/resolve/" + COMMIT + "/") && Files.exists(folder.resolve(name))) {
            sendFile(exchange, name);
        } else {
            exchange.sendResponseHeaders(404, -1);
        }
    }

    private ObjectNode listing() throws IOException {
        ObjectNode listing = JsonMapper.shared().createObjectNode().put("sha", COMMIT);
        var siblings = listing.putArray("siblings");
        for (String name : CheckpointFiles.list(folder)) {
            ObjectNode sibling = siblings.addObject().put("rfilename", name);
            sibling.putObject("lfs")
                    .put("size", Files.size(folder.resolve(name)))
                    .put("sha256", Digests.sha256(folder.resolve(name), Progress.NONE));
        }
        return listing;
    }

    private void sendFile(HttpExchange exchange, String name) throws IOException {
        byte[] content = Files.readAllBytes(folder.resolve(name));
        Fault fault = name.endsWith(".safetensors") ? faults.poll() : null;
        switch (fault) {
            case null -> send(exchange, content, content.length);
            case CUT_OFF -> send(exchange, content, content.length / 2);
            case NOT_FOUND -> exchange.sendResponseHeaders(404, -1);
            case WRONG_BYTE -> {
                content[content.length - 1] ^= 1;
                send(exchange, content, content.length);
            }
        }
    }

    private static void send(HttpExchange exchange, byte[] content, int bytes) throws IOException {
        exchange.sendResponseHeaders(200, content.length);
        exchange.getResponseBody().write(content, 0, Math.min(bytes, content.length));
    }
}
