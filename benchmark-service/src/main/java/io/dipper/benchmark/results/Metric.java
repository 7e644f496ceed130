package io.dipper.benchmark.results;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.OptionalLong;

/// What thresholds may limit and runs may be compared by.
public enum Metric {
    TTFT_P50_MS(Better.LOWER),
    TTFT_P90_MS(Better.LOWER),
    TTFT_P99_MS(Better.LOWER),
    INTER_TOKEN_P50_MS(Better.LOWER),
    INTER_TOKEN_P99_MS(Better.LOWER),
    END_TO_END_P50_MS(Better.LOWER),
    END_TO_END_P99_MS(Better.LOWER),
    OUTPUT_TOKENS_PER_SECOND(Better.HIGHER),
    ERROR_RATE(Better.LOWER);

    /// Which way is good.
    public enum Better {
        LOWER,
        HIGHER
    }

    private final Better better;

    Metric(Better better) {
        this.better = better;
    }

    public Better better() {
        return better;
    }

    /// What no value of it can exceed.
    public double most() {
        return this == ERROR_RATE ? 1 : Double.MAX_VALUE;
    }

    public Estimate of(Results results) {
        return switch (this) {
            case TTFT_P50_MS -> results.ttft().p50Ms();
            case TTFT_P90_MS -> results.ttft().p90Ms();
            case TTFT_P99_MS -> results.ttft().p99Ms();
            case INTER_TOKEN_P50_MS -> results.interToken().p50Ms();
            case INTER_TOKEN_P99_MS -> results.interToken().p99Ms();
            case END_TO_END_P50_MS -> results.endToEnd().p50Ms();
            case END_TO_END_P99_MS -> results.endToEnd().p99Ms();
            case OUTPUT_TOKENS_PER_SECOND -> results.outputTokensPerSecond();
            case ERROR_RATE -> {
                Results.Counts requests = results.requests();
                yield Estimate.share(requests.failed(), (long) requests.succeeded() + requests.failed());
            }
        };
    }

    /// The fewest answered requests that bound it; empty where that does not depend on their number
    /// alone.
    public OptionalLong requestsNeeded() {
        return switch (this) {
            case TTFT_P50_MS, INTER_TOKEN_P50_MS, END_TO_END_P50_MS -> OptionalLong.of(Distribution.needed(0.5));
            case TTFT_P90_MS -> OptionalLong.of(Distribution.needed(0.9));
            case TTFT_P99_MS, INTER_TOKEN_P99_MS, END_TO_END_P99_MS -> OptionalLong.of(Distribution.needed(0.99));
            case OUTPUT_TOKENS_PER_SECOND, ERROR_RATE -> OptionalLong.empty();
        };
    }

    /// As scenarios and verdicts spell it: `ttft_p99_ms`.
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
