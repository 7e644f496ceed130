package io.dipper.inference.validation;

import io.dipper.engine.Sampling;
import java.util.List;

/// How to continue a prompt, checked: what chat and text completions have in common.
///
/// @param sampling carries the seed of choice 0
/// @param maxTokens as asked; [#AS_CONTEXT_ALLOWS] if nothing was said
/// @param limitField the name under which the client sent it
/// @param stops none of them empty
public record Generation(
        Sampling sampling,
        int choices,
        int maxTokens,
        String limitField,
        List<String> stops,
        boolean ignoreEnd,
        Delivery delivery,
        boolean returnsTokenIds) {

    public static final int AS_CONTEXT_ALLOWS = Integer.MAX_VALUE;

    /// How the answer travels.
    public enum Delivery {
        WHOLE,
        STREAM,
        STREAM_WITH_USAGE;

        public boolean isStream() {
            return this != WHOLE;
        }
    }

    public Generation {
        stops = List.copyOf(stops);
    }

    public boolean wantsLogprobs() {
        return sampling.topLogprobs() != Sampling.NO_LOGPROBS;
    }

    /// What one of the `n` choices samples with. Choice 0 has the request's own seed, so that it is
    /// what `n: 1` gives; the others have streams of their own.
    public Sampling samplingOf(int choice) {
        return choice == 0 ? sampling : sampling.withSeed(mix(sampling.seed() + choice * 0x9E3779B97F4A7C15L));
    }

    /// SplitMix64's output function: neighbouring inputs give unrelated seeds.
    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
