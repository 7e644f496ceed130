package io.dipper.cli.platform;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// What the gateway adds to a stream: the time to its first frame and the rate of many, beside the
/// inference service asked directly and behind nginx as a reverse proxy, in turns in one run.
///
/// Needs nginx on the path. Run from the repository's root.
public final class GatewayBenchmark {
    /// Requests that each way answers before anything counts: until then the JVM compiles.
    private static final int WARM_UP = 3000;
    private static final int ROUNDS = 300;
    private static final int REFUSALS = 3000;
    private static final int STREAMS = 16;
    private static final int TOKENS = 64;
    private static final int LOADS = 5;

    /// A way to the same model.
    private record Way(String name, int port, String key) {}

    public static void main(String[] arguments) throws Exception {
        Path home = Files.createTempDirectory("gateway-benchmark");
        try (var platform = RunningPlatform.start(home.resolve("home"))) {
            int inference = platform.port + 1;
            int proxy = RunningPlatform.freePorts();
            Process nginx = nginx(home, proxy, inference);
            try {
                String token = Files.readString(platform.home.serviceToken()).strip();
                List<Way> ways = List.of(
                        new Way("inference service itself", inference, token),
                        new Way("nginx before it", proxy, token),
                        new Way("gateway before it", platform.port, platform.key()));
                for (Way way : ways) {
                    warmUp(way);
                }
                refusals(ways);
                firstFrames(ways);
                rates(ways);
            } finally {
                nginx.destroy();
                nginx.waitFor();
            }
        }
        System.exit(0);
    }

    private static void warmUp(Way way) throws InterruptedException {
        for (int done = 0; done < WARM_UP; done += STREAMS) {
            rate(way, 1);
        }
    }

    /// Answers that need no model: what the way alone costs, in caches that no weights pass through.
    private static void refusals(List<Way> ways) throws IOException {
        table("answer without a model", ways, REFUSALS, (client, _) -> client.refusal());
    }

    private static void firstFrames(List<Way> ways) throws IOException {
        table("first frame of a stream", ways, ROUNDS, (client, round) -> client.stream(1, round));
    }

    private interface Asked {
        double ms(Client client, int round) throws IOException;
    }

    private static void table(String what, List<Way> ways, int rounds, Asked asked) throws IOException {
        double[][] ms = new double[ways.size()][rounds];
        List<Client> clients = new ArrayList<>();
        for (Way way : ways) {
            clients.add(new Client(way));
        }
        for (int round = -rounds / 4; round < rounds; round++) {
            for (int way = 0; way < ways.size(); way++) {
                double took = asked.ms(clients.get(way), round);
                if (round >= 0) {
                    ms[way][round] = took;
                }
            }
        }
        for (Client client : clients) {
            client.close();
        }
        System.out.printf("| way | %s, median ms | added | 90th percentile |%n", what);
        System.out.println("| --- | --- | --- | --- |");
        double direct = percentile(ms[0], 50);
        for (int way = 0; way < ways.size(); way++) {
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.2f | %+.2f | %.2f |%n",
                    ways.get(way).name(),
                    percentile(ms[way], 50),
                    percentile(ms[way], 50) - direct,
                    percentile(ms[way], 90));
        }
        System.out.println();
    }

    private static void rates(List<Way> ways) throws InterruptedException {
        double[][] rates = new double[ways.size()][LOADS];
        for (int load = -1; load < LOADS; load++) {
            for (int way = 0; way < ways.size(); way++) {
                double rate = rate(ways.get(way), TOKENS);
                if (load >= 0) {
                    rates[way][load] = rate;
                }
            }
        }
        System.out.printf("| way | tokens/s at %d streams, median of %d | of the direct |%n", STREAMS, LOADS);
        System.out.println("| --- | --- | --- |");
        double direct = percentile(rates[0], 50);
        for (int way = 0; way < ways.size(); way++) {
            double rate = percentile(rates[way], 50);
            System.out.printf(
                    Locale.ROOT, "| %s | %.0f | %.2f |%n", ways.get(way).name(), rate, rate / direct);
        }
    }

    private static double rate(Way way, int tokens) throws InterruptedException {
        var done = new CountDownLatch(STREAMS);
        var failed = new AtomicInteger();
        long startNs = System.nanoTime();
        for (int i = 0; i < STREAMS; i++) {
            int number = i;
            Thread.ofVirtual().start(() -> {
                try (var client = new Client(way)) {
                    client.stream(tokens, number);
                } catch (IOException e) {
                    failed.incrementAndGet();
                }
                done.countDown();
            });
        }
        done.await();
        if (failed.get() > 0) {
            throw new IllegalStateException(failed + " streams failed by " + way.name());
        }
        return STREAMS * tokens / ((System.nanoTime() - startNs) * 1e-9);
    }

    /// A client's connection, kept open between its requests.
    private static final class Client implements AutoCloseable {
        private final Way way;
        private final Socket socket;
        private final byte[] buffer = new byte[16_384];

        Client(Way way) throws IOException {
            this.way = way;
            this.socket = new Socket(InetAddress.getLoopbackAddress(), way.port());
            socket.setTcpNoDelay(true);
        }

        /// Reads one stream to its end; returns after how many milliseconds its first frame came.
        double stream(int tokens, int number) throws IOException {
            return ask(
                    "\"stream\": true, \"ignore_eos\": true, \"max_tokens\": " + tokens,
                    number,
                    "data: ",
                    text -> text.indexOf("data: [DONE]") >= 0 && text.indexOf("\r\n0\r\n\r\n") >= 0);
        }

        /// Asks for what the inference service refuses; returns after how many milliseconds it has said so.
        double refusal() throws IOException {
            return ask("\"temperature\": 9", 1, "\"error\"", text -> text.indexOf("}}") >= 0);
        }

        private double ask(String options, int number, String first, Predicate<StringBuilder> whole)
                throws IOException {
            byte[] body = ("{\"model\": \"dipper-mini\", " + options
                            + ", \"messages\": [{\"role\": \"user\", \"content\": \"Tell me about the number " + number
                            + ".\"}]}")
                    .getBytes(StandardCharsets.UTF_8);
            String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + way.key()
                    + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n";
            OutputStream out = socket.getOutputStream();
            long startNs = System.nanoTime();
            out.write((head + new String(body, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8));
            out.flush();
            InputStream in = socket.getInputStream();
            var text = new StringBuilder();
            double firstMs = 0;
            while (!whole.test(text)) {
                int count = in.read(buffer);
                if (count < 0) {
                    throw new IOException("no whole answer: " + text.substring(0, Math.min(300, text.length())));
                }
                text.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
                if (firstMs == 0 && text.indexOf(first) >= 0) {
                    firstMs = (System.nanoTime() - startNs) * 1e-6;
                }
            }
            return firstMs;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static Process nginx(Path folder, int port, int upstream) throws IOException, InterruptedException {
        Path configuration = folder.resolve("nginx.conf");
        Files.writeString(configuration, """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log %1$s/nginx.err;
                events { worker_connections 1024; }
                http {
                    access_log off; keepalive_requests 1000000; client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy;
                    fastcgi_temp_path %1$s/f; uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                    upstream inference { server 127.0.0.1:%3$d; keepalive 32; }
                    server {
                        listen 127.0.0.1:%2$d;
                        location / {
                            proxy_pass http://inference; proxy_http_version 1.1; proxy_set_header Connection "";
                            proxy_buffering off;
                        }
                    }
                }
                """.formatted(folder, port, upstream));
        List<String> command = new ArrayList<>(List.of("nginx", "-c", configuration.toString()));
        Process nginx = new ProcessBuilder(command).inheritIO().start();
        while (!listens(port)) {
            if (!nginx.isAlive()) {
                throw new IOException("nginx did not start: see " + folder.resolve("nginx.err"));
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return nginx;
    }

    private static boolean listens(int port) {
        try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static double percentile(double[] values, int percent) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }
}
