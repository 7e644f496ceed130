package io.dipper.benchmark.scenario;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.random.RandomGenerator;

/// When requests come. Neither kind asks how the earlier ones are doing: that is what makes the
/// load open.
public enum Arrivals {
    /// Independent users: gaps are exponential.
    POISSON {
        @Override
        double nextGapSeconds(double rate, RandomGenerator random) {
            return random.nextExponential() / rate;
        }
    },
    /// A metronome.
    CONSTANT {
        @Override
        double nextGapSeconds(double rate, RandomGenerator random) {
            return 1 / rate;
        }
    };

    abstract double nextGapSeconds(double rate, RandomGenerator random);

    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
