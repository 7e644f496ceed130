package io.dipper.transformer.tree;

import java.util.List;

/// How the rotary frequencies are stretched beyond the context that the model was first trained on.
public sealed interface RopeScaling {

    record None() implements RopeScaling {
        @Override
        public double attentionFactor() {
            return 1;
        }
    }

    /// Every frequency divided by `factor`.
    record Linear(double factor) implements RopeScaling {
        public Linear {
            IllFormedTree.above("RoPE factor", factor, 0);
        }

        @Override
        public double attentionFactor() {
            return 1;
        }
    }

    /// Theta grows with the length once it passes `originalContext`.
    record Dynamic(double factor, int originalContext) implements RopeScaling {
        public Dynamic {
            IllFormedTree.above("RoPE factor", factor, 0);
            IllFormedTree.positive("original context", originalContext);
        }

        @Override
        public double attentionFactor() {
            return 1;
        }
    }

    /// YaRN: slow frequencies are divided, fast ones kept, those between blended. `attentionFactor`
    /// multiplies cosine and sine. `wholeBounds` rounds the blend's bounds outwards to whole
    /// dimensions, as most checkpoints do.
    record Yarn(
            double factor,
            int originalContext,
            double betaFast,
            double betaSlow,
            double attentionFactor,
            boolean wholeBounds)
            implements RopeScaling {
        public Yarn {
            IllFormedTree.above("RoPE factor", factor, 0);
            IllFormedTree.positive("original context", originalContext);
            IllFormedTree.above("YaRN beta_slow", betaSlow, 0);
            IllFormedTree.above("YaRN beta_fast", betaFast, 0);
            IllFormedTree.unless(betaFast >= betaSlow, "YaRN beta_fast %s is below beta_slow %s", betaFast, betaSlow);
            IllFormedTree.above("YaRN attention factor", attentionFactor, 0);
        }
    }

    /// Llama 3.1: frequencies blended between kept and divided by their wavelength over the
    /// original context.
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext)
            implements RopeScaling {
        public Llama3 {
            IllFormedTree.above("RoPE factor", factor, 0);
            IllFormedTree.above("low_freq_factor", lowFrequencyFactor, 0);
            IllFormedTree.unless(
                    highFrequencyFactor >= lowFrequencyFactor,
                    "high_freq_factor %s is below low_freq_factor %s",
                    highFrequencyFactor,
                    lowFrequencyFactor);
            IllFormedTree.positive("original context", originalContext);
        }

        @Override
        public double attentionFactor() {
            return 1;
        }
    }

    /// LongRoPE: a factor a frequency, one list up to the original context and one beyond.
    record LongRope(List<Double> shortFactors, List<Double> longFactors, int originalContext, double attentionFactor)
            implements RopeScaling {
        public LongRope {
            shortFactors = List.copyOf(shortFactors);
            longFactors = List.copyOf(longFactors);
            IllFormedTree.unless(
                    shortFactors.size() == longFactors.size(), "LongRoPE's lists of factors differ in length");
            shortFactors.forEach(factor -> IllFormedTree.above("LongRoPE factor", factor, 0));
            longFactors.forEach(factor -> IllFormedTree.above("LongRoPE factor", factor, 0));
            IllFormedTree.positive("original context", originalContext);
            IllFormedTree.above("LongRoPE attention factor", attentionFactor, 0);
        }
    }

    /// What cosine and sine are multiplied by.
    double attentionFactor();

    RopeScaling NONE = new None();
}
