package io.dipper.cli.platform;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// So many streams of completions at once from a server that speaks OpenAI's protocol, with random
/// prompts of so many tokens and answers of so many: tokens a second of all together, time to first
/// token, time between tokens. Needs nothing but the JDK, so that it runs wherever a server does.
///
/// Arguments: URL, key file, model, streams, prompt tokens, answer tokens, vocabulary size, and a file
/// for the report as JSON. The first of three rounds only warms up; the better of the other two counts.
public final class ServedLoad {
    private static final int ROUNDS = 2;
    private static final Pattern USAGE = Pattern.compile("\"completion_tokens\"\\s*:\\s*(\\d+)");

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
    private final SplittableRandom random = new SplittableRandom(1);
    private final String url;
    private final String key;
    private final String model;
    private final int streams;
    private final int promptTokens;
    private final int answerTokens;
    private final int vocabulary;

    private ServedLoad(String[] arguments) throws IOException {
        this.url = arguments[0];
        this.key = Files.readString(Path.of(arguments[1])).strip();
        this.model = arguments[2];
        this.streams = Integer.parseInt(arguments[3]);
        this.promptTokens = Integer.parseInt(arguments[4]);
        this.answerTokens = Integer.parseInt(arguments[5]);
        this.vocabulary = Integer.parseInt(arguments[6]);
    }

    /// What one stream saw.
    ///
    /// @param tokens as the answer's usage says
    private record Answer(double firstMs, double lastMs, int tokens) {
        double betweenMs() {
            return (lastMs - firstMs) / Math.max(1, tokens - 1);
        }
    }

    private record Round(double seconds, List<Answer> answers) {
        double tokensPerSecond() {
            return answers.stream().mapToInt(Answer::tokens).sum() / seconds;
        }

        double percentile(int percent, ToDoubleFunction<Answer> figure) {
            double[] sorted = answers.stream().mapToDouble(figure).sorted().toArray();
            return sorted[(sorted.length - 1) * percent / 100];
        }
    }

    public static void main(String[] arguments) throws Exception {
        var load = new ServedLoad(arguments);
        load.round();
        Round best = load.round();
        for (int i = 1; i < ROUNDS; i++) {
            Round round = load.round();
            best = round.tokensPerSecond() > best.tokensPerSecond() ? round : best;
        }
        String figures = String.format(
                Locale.ROOT,
                "\"streams\": %d, \"prompt\": %d, \"answer\": %d, \"tokens_per_s\": %.1f, \"seconds\": %.3f,"
                        + " \"ttft_p50_ms\": %.1f, \"ttft_p99_ms\": %.1f, \"between_p50_ms\": %.2f,"
                        + " \"between_p99_ms\": %.2f",
                load.streams,
                load.promptTokens,
                load.answerTokens,
                best.tokensPerSecond(),
                best.seconds(),
                best.percentile(50, Answer::firstMs),
                best.percentile(99, Answer::firstMs),
                best.percentile(50, Answer::betweenMs),
                best.percentile(99, Answer::betweenMs));
        System.out.println("served: " + figures.replace("\"", ""));
        if (arguments.length > 7) {
            Files.writeString(Path.of(arguments[7]), "{" + figures + "}\n");
        }
        System.exit(0);
    }

    private Round round() throws Exception {
        List<Callable<Answer>> asked = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            String prompt = Arrays.stream(
                            random.ints(promptTokens, 0, vocabulary).toArray())
                    .mapToObj(Integer::toString)
                    .collect(Collectors.joining(","));
            asked.add(() -> ask(prompt));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long startNs = System.nanoTime();
            List<Answer> answers = new ArrayList<>();
            for (Future<Answer> answer : threads.invokeAll(asked)) {
                answers.add(answer.get());
            }
            return new Round((System.nanoTime() - startNs) * 1e-9, answers);
        }
    }

    private Answer ask(String prompt) throws IOException, InterruptedException {
        String body = "{\"model\": \"%s\", \"prompt\": [%s], \"max_tokens\": %d, \"temperature\": 0, \"stream\": true,"
                        .formatted(model, prompt, answerTokens)
                + " \"ignore_eos\": true, \"stream_options\": {\"include_usage\": true}}";
        var request = HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        long startNs = System.nanoTime();
        var response = http.send(request, BodyHandlers.ofInputStream());
        double firstMs = 0;
        double lastMs = 0;
        int tokens = 0;
        try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            if (response.statusCode() != 200) {
                throw new IOException(
                        response.statusCode() + ": " + lines.lines().collect(Collectors.joining("\n")));
            }
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("data: {")) {
                    lastMs = (System.nanoTime() - startNs) * 1e-6;
                    firstMs = firstMs == 0 ? lastMs : firstMs;
                    Matcher usage = USAGE.matcher(line);
                    tokens = usage.find() ? Integer.parseInt(usage.group(1)) : tokens;
                }
            }
        }
        if (tokens != answerTokens) {
            throw new IOException(tokens + " tokens of " + answerTokens + " came");
        }
        return new Answer(firstMs, lastMs, tokens);
    }
}
