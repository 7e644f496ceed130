package io.dipper.benchmark.scenario;

import java.util.random.RandomGenerator;

/// How many tokens a prompt or an answer has.
public sealed interface Lengths {
    int MAX_TOKENS = 1_000_000;

    int draw(RandomGenerator random);

    /// Always the same.
    record Fixed(int tokens) implements Lengths {
        public Fixed {
            requirePositive("tokens", tokens);
        }

        @Override
        public int draw(RandomGenerator random) {
            return tokens;
        }
    }

    /// Each length between the two, both included, alike.
    record Uniform(int min, int max) implements Lengths {
        public Uniform {
            requirePositive("min", min);
            requirePositive("max", max);
            if (min > max) {
                throw new IllegalArgumentException("min must be at most max; given: " + min + " and " + max);
            }
        }

        @Override
        public int draw(RandomGenerator random) {
            return random.nextInt(min, max + 1);
        }
    }

    /// Log-normal around the median, as lengths of real prompts and answers are; cut at `max`.
    ///
    /// @param spread standard deviation of the logarithm: 0.5 is mild, 1 has a long tail
    record LogNormal(int median, double spread, int max) implements Lengths {
        public LogNormal {
            requirePositive("median", median);
            requirePositive("max", max);
            if (!(spread > 0 && spread <= 3)) {
                throw new IllegalArgumentException("spread must be above 0 and at most 3; given: " + spread);
            }
            if (median > max) {
                throw new IllegalArgumentException("median must be at most max; given: " + median + " and " + max);
            }
        }

        @Override
        public int draw(RandomGenerator random) {
            double tokens = median * Math.exp(spread * random.nextGaussian());
            return Math.clamp(Math.round(tokens), 1, max);
        }
    }

    private static void requirePositive(String name, int value) {
        if (value < 1 || value > MAX_TOKENS) {
            throw new IllegalArgumentException(name + " must be between 1 and " + MAX_TOKENS + "; given: " + value);
        }
    }
}
