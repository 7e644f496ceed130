package io.dipper.inference.benchmarks;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamed;

import io.dipper.engine.EngineStats;
import io.dipper.inference.support.RunningService;
import io.dipper.openaiapi.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/// How many tokens a second so many streams get together from the service itself, and where the
/// processor's time goes: the engine's thread by part, and the threads that make text and frames.
///
/// Streams run side by side to a fixed length, several rounds; the best round counts, since other
/// work on the machine only ever takes away. Run from the repository's root.
public final class StreamsBenchmark {
    private static final int TOKENS = 200;
    private static final int ROUNDS = 5;
    private static final int[] STREAMS = {1, 2, 4, 8, 16, 32};
    static final String CLIENT = "client-";

    private final RunningService service;

    private StreamsBenchmark(RunningService service) {
        this.service = service;
    }

    /// What one round took.
    ///
    /// @param ttftMs of each stream
    /// @param cpu processor time that went into it
    private record Round(double seconds, double[] ttftMs, EngineStats before, EngineStats after, ThreadTimes cpu) {
        double tokensPerSecond() {
            return (after.generatedTokens() - before.generatedTokens()) / seconds;
        }

        double medianTtftMs() {
            double[] sorted = ttftMs.clone();
            Arrays.sort(sorted);
            return sorted[sorted.length / 2];
        }

        String line() {
            double steps = after.steps() - before.steps();
            double planMs = (after.planNs() - before.planNs()) / 1e6 / steps;
            double layoutMs = (after.layoutNs() - before.layoutNs()) / 1e6 / steps;
            double runMs = (after.runNs() - before.runNs()) / 1e6 / steps;
            double answersMs = cpu.answers() / steps;
            double networkMs = cpu.network() / steps;
            double allMs = (cpu.process() - cpu.clients()) / steps;
            return String.format(
                    "| %d | %.0f | %.0f | %.2f | %.1f | %.3f | %.3f | %.3f | %.3f | %.1f %% |",
                    ttftMs.length,
                    tokensPerSecond(),
                    medianTtftMs(),
                    runMs - layoutMs,
                    allMs,
                    planMs,
                    layoutMs,
                    answersMs,
                    networkMs,
                    100 * (planMs + layoutMs + answersMs + networkMs) / allMs);
        }
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println("| streams | tokens/s | TTFT, median | runtime, clock | all, processor | planning | layout |"
                + " answers | network | outside |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        try (var service = RunningService.startReal(Map.of())) {
            var benchmark = new StreamsBenchmark(service);
            for (int i = 0; i < 3; i++) {
                benchmark.round(8);
            }
            for (int streams : STREAMS) {
                Round best = benchmark.round(streams);
                for (int i = 1; i < ROUNDS; i++) {
                    Round round = benchmark.round(streams);
                    best = round.tokensPerSecond() > best.tokensPerSecond() ? round : best;
                }
                System.out.println(best.line());
            }
        }
        System.exit(0);
    }

    private Round round(int streams) throws InterruptedException {
        var ttftMs = new double[streams];
        var fault = new AtomicReference<Throwable>();
        var done = new CountDownLatch(streams);
        // A thread's processor time can be asked for only while it lives.
        var leave = new CountDownLatch(1);
        EngineStats before = service.engineStats();
        ThreadTimes cpuBefore = ThreadTimes.now();
        long startNs = System.nanoTime();
        for (int i = 0; i < streams; i++) {
            int stream = i;
            Thread.ofPlatform().name(CLIENT + i).start(() -> {
                try {
                    ttftMs[stream] = read(stream);
                } catch (IOException e) {
                    fault.set(e);
                }
                done.countDown();
                awaitUninterruptibly(leave);
            });
        }
        done.await();
        double seconds = (System.nanoTime() - startNs) / 1e9;
        ThreadTimes cpu = ThreadTimes.now().since(cpuBefore);
        leave.countDown();
        if (fault.get() != null) {
            throw new IllegalStateException("a stream failed", fault.get());
        }
        service.awaitStats(stats -> stats.running() == 0, () -> {});
        return new Round(seconds, ttftMs, before, service.engineStats(), cpu);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Reads one stream to its end; returns after how many milliseconds its first text came.
    private double read(int stream) throws IOException {
        var request = streamed(chat("Tell me a story about the number " + stream + "."));
        byte[] body = Json.bytes(request.put("max_tokens", TOKENS).put("ignore_eos", true));
        String head = "POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + RunningService.KEY
                + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + body.length
                + "\r\n\r\n";
        long startNs = System.nanoTime();
        double ttftMs = 0;
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(body);
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (ttftMs == 0
                        && new String(buffer, 0, count, StandardCharsets.ISO_8859_1).contains("\"content\":\"")) {
                    ttftMs = (System.nanoTime() - startNs) / 1e6;
                }
            }
        }
        return ttftMs;
    }
}
