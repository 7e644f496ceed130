package io.dipper.checkpoint.hub;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A hub on a local port: one repository, `test/tiny`, with the faults that a test plans for its
/// files. Large files (`*.safetensors`) are redirected to a store of another origin, as the real
/// hub does.
final class FakeHub implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    /// What is done to one request for a file instead of answering well.
    sealed interface Fault {
        /// The connection ends after so many bytes of the body.
        record CutAfter(int bytes) implements Fault {}

        record Status(int code, Map<String, String> headers) implements Fault {}

        /// The whole file with 200, whatever range was asked for.
        record IgnoreRange() implements Fault {}

        /// One bit is wrong.
        record Flip() implements Fault {}
    }

    record Request(String method, String path, Headers headers, boolean toStore) {
        String header(String name) {
            return headers.getFirst(name);
        }
    }

    final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Map<String, byte[]> files = new TreeMap<>();
    private final Map<String, Queue<Fault>> faults = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer hub = start(false);
    private final HttpServer store = start(true);
    private Optional<String> listing = Optional.empty();
    private boolean describes = true;
    private Optional<String> token = Optional.empty();

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
    }

    FakeHub file(String name, byte[] content) {
        files.put(name, content);
        return this;
    }

    FakeHub file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /// The next requests for the file's content meet these, one each.
    FakeHub faults(String name, Fault... planned) {
        faults.put(name, new ArrayDeque<>(List.of(planned)));
        return this;
    }

    /// Answers every listing with this text.
    FakeHub listing(String text) {
        listing = Optional.of(text);
        return this;
    }

    /// Leaves lengths and digests out of listings, as mirrors do.
    FakeHub describesNothing() {
        describes = false;
        return this;
    }

    FakeHub requires(String wanted) {
        token = Optional.of(wanted);
        return this;
    }

    List<Request> contentRequests(String name) {
        List<Request> matching = new ArrayList<>(requests);
        matching.removeIf(request -> !request.method().equals("GET")
                || !request.path().endsWith("/" + name)
                || (request.toStore() != isLarge(name)));
        return matching;
    }

    @Override
    public void close() {
        hub.stop(0);
        store.stop(0);
        threads.close();
    }

    static String etag(String name, byte[] content) {
        return isLarge(name)
                ? hex("SHA-256", content)
                : hex("SHA-1", ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII), content);
    }

    private HttpServer start(boolean asStore) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(threads);
            server.createContext("/", exchange -> {
                requests.add(new Request(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().getPath(),
                        exchange.getRequestHeaders(),
                        asStore));
                try (exchange) {
                    answer(exchange, asStore);
                }
            });
            server.start();
            return server;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpExchange exchange, boolean fromStore) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String prefix = "/test/tiny/resolve/" + COMMIT + "/";
        if (!fromStore
                && token.isPresent()
                && !("Bearer " + token.get())
                        .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            exchange.getResponseHeaders().set("X-Error-Message", "Access to model test/tiny is restricted.");
            exchange.sendResponseHeaders(401, -1);
        } else if (path.equals("/api/models/test/tiny/revision/main")
                || path.equals("/api/models/test/tiny/revision/" + COMMIT)) {
            byte[] body = listing.orElseGet(this::honestListing).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        } else if (path.startsWith(prefix) && files.containsKey(path.substring(prefix.length()))) {
            answerFile(exchange, path.substring(prefix.length()), fromStore);
        } else {
            exchange.sendResponseHeaders(404, -1);
        }
    }

    private void answerFile(HttpExchange exchange, String name, boolean fromStore) throws IOException {
        byte[] content = files.get(name);
        Headers headers = exchange.getResponseHeaders();
        headers.set("X-Repo-Commit", COMMIT);
        headers.set("X-Linked-Size", String.valueOf(content.length));
        headers.set("X-Linked-Etag", "\"" + etag(name, content) + "\"");
        if (isLarge(name) && !fromStore) {
            headers.set("Location", "http://127.0.0.1:" + store.getAddress().getPort() + exchange.getRequestURI());
            exchange.sendResponseHeaders(302, -1);
        } else if (exchange.getRequestMethod().equals("HEAD")) {
            headers.set("Content-Length", String.valueOf(content.length));
            exchange.sendResponseHeaders(200, -1);
        } else {
            Queue<Fault> planned = faults.getOrDefault(name, new ArrayDeque<>());
            send(exchange, content, Optional.ofNullable(planned.poll()));
        }
    }

    private static void send(HttpExchange exchange, byte[] content, Optional<Fault> fault) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        if (fault.isPresent() && fault.get() instanceof Fault.Status(int code, var extra)) {
            extra.forEach(headers::set);
            exchange.sendResponseHeaders(code, -1);
            return;
        }
        byte[] body = content.clone();
        if (fault.isPresent() && fault.get() instanceof Fault.Flip) {
            body[body.length / 2] ^= 1;
        }
        headers.set("ETag", "\"store-" + hex("SHA-1", content) + "\"");
        int from = 0;
        String range = exchange.getRequestHeaders().getFirst("Range");
        if (range != null && !(fault.isPresent() && fault.get() instanceof Fault.IgnoreRange)) {
            from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
            headers.set("Content-Range", "bytes " + from + "-" + (body.length - 1) + "/" + body.length);
        }
        int end = fault.isPresent() && fault.get() instanceof Fault.CutAfter(int bytes)
                ? Math.min(from + bytes, body.length)
                : body.length;
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, body.length - from);
        OutputStream out = exchange.getResponseBody();
        out.write(body, from, end - from);
        out.flush();
    }

    private String honestListing() {
        ObjectNode info = JsonMapper.shared().createObjectNode();
        info.put("id", "test/tiny").put("sha", COMMIT);
        var siblings = info.putArray("siblings");
        files.forEach((name, content) -> {
            ObjectNode sibling = siblings.addObject().put("rfilename", name);
            if (describes && isLarge(name)) {
                sibling.put("size", content.length).put("blobId", "f".repeat(40));
                sibling.putObject("lfs").put("sha256", etag(name, content)).put("size", content.length);
            } else if (describes) {
                sibling.put("size", content.length).put("blobId", etag(name, content));
            }
        });
        return info.toString();
    }

    private static boolean isLarge(String name) {
        return name.endsWith(".safetensors");
    }

    private static String hex(String algorithm, byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            for (byte[] part : parts) {
                digest.update(part);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
