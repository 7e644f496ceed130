package io.dipper.operators.gate;

import static io.dipper.operators.Memory.LANES;

import io.dipper.operators.VectorMath;
import jdk.incubator.vector.FloatVector;

/// The nonlinearities of gated feed-forward parts, by the names that graphs use.
enum Activation {
    SILU {
        @Override
        FloatVector apply(FloatVector x) {
            return x.mul(VectorMath.sigmoid(x));
        }
    },
    GELU {
        @Override
        FloatVector apply(FloatVector x) {
            float[] values = x.toArray();
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.5 * values[i] * (1 + erf(values[i] / Math.sqrt(2))));
            }
            return FloatVector.fromArray(LANES, values, 0);
        }
    },
    GELU_TANH {
        @Override
        FloatVector apply(FloatVector x) {
            // 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))
            FloatVector inner = x.mul(x).mul(x).mul(0.044715f).add(x).mul((float) Math.sqrt(2 / Math.PI));
            return x.mul(0.5f).mul(VectorMath.tanh(inner).add(1f));
        }
    },
    RELU {
        @Override
        FloatVector apply(FloatVector x) {
            return x.max(0f);
        }
    },
    RELU_SQUARED {
        @Override
        FloatVector apply(FloatVector x) {
            FloatVector positive = x.max(0f);
            return positive.mul(positive);
        }
    };

    abstract FloatVector apply(FloatVector x);

    static Activation named(String name) {
        for (Activation activation : values()) {
            if (activation.name().toLowerCase(java.util.Locale.ROOT).equals(name)) {
                return activation;
            }
        }
        throw new IllegalArgumentException("activation is not known: " + name);
    }

    /// The error function by its series below 3 and its continued fraction above; good to 1e-12.
    private static double erf(double x) {
        double magnitude = Math.abs(x);
        if (magnitude < 3) {
            double term = magnitude;
            double sum = magnitude;
            for (int n = 1; Math.abs(term) > 1e-17 * sum; n++) {
                term *= -magnitude * magnitude / n;
                sum += term / (2 * n + 1);
            }
            return Math.copySign(2 / Math.sqrt(Math.PI) * sum, x);
        }
        double fraction = 0;
        for (int n = 60; n > 0; n--) {
            fraction = n / 2.0 / (magnitude + fraction);
        }
        double rest = Math.exp(-magnitude * magnitude) / Math.sqrt(Math.PI) / (magnitude + fraction);
        return Math.copySign(1 - rest, x);
    }
}
