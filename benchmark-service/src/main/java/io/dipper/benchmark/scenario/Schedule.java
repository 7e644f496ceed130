package io.dipper.benchmark.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Every request of a run, with its instant, fixed before the first one is sent. The same scenario
/// gives the same schedule.
public record Schedule(List<Planned> requests) {
    private static final long NANOS = 1_000_000_000L;

    /// One request.
    ///
    /// @param atNs its instant, from the run's start; all latencies count from here
    /// @param seed of its prompt's words and of the model's sampling
    /// @param counted false in the warm-up
    public record Planned(int index, long atNs, int promptTokens, int outputTokens, long seed, boolean counted) {}

    public Schedule {
        requests = List.copyOf(requests);
    }

    /// Arrivals, lengths and texts draw from streams of their own: changing one changes no other.
    public static Schedule of(Scenario scenario) {
        RandomGenerator arrivals = stream(scenario.seed(), 1);
        RandomGenerator prompts = stream(scenario.seed(), 2);
        RandomGenerator outputs = stream(scenario.seed(), 3);
        RandomGenerator seeds = stream(scenario.seed(), 4);
        int limit = scenario.count() == null ? Scenario.MAX_REQUESTS : scenario.count();
        double end = scenario.durationSeconds() == null ? Double.POSITIVE_INFINITY : scenario.durationSeconds();
        List<Planned> requests = new ArrayList<>();
        double at = 0;
        while (requests.size() < limit && at < end) {
            requests.add(new Planned(
                    requests.size(),
                    Math.round(at * NANOS),
                    scenario.prompt().draw(prompts),
                    scenario.output().draw(outputs),
                    seeds.nextLong() >>> 1,
                    at >= scenario.warmupSeconds()));
            at += scenario.arrivals().nextGapSeconds(scenario.rate(), arrivals);
        }
        return new Schedule(requests);
    }

    /// The last request's instant.
    public long endNs() {
        return requests.getLast().atNs();
    }

    private static RandomGenerator stream(long seed, int number) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 31 + number);
    }
}
