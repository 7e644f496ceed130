package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.util.Map;

/// Asks the runtime by running a tiny graph with a known answer. What a document promises and what
/// a build does are two things.
public final class Probe {
    /// What came of it.
    public sealed interface Answer {
        /// The graph ran, and its result was right.
        record Works() implements Answer {}

        /// It could not be loaded or run: the runtime lacks it, and says so.
        record Refused(String message) implements Answer {}

        /// It ran, and its result was wrong.
        record Wrong(float worst) implements Answer {}
    }

    private Probe() {}

    /// Runs `model`, whose first output is float32, and compares that with `expected`.
    public static Answer ask(
            Environment environment,
            byte[] model,
            SessionOptions options,
            Map<String, Tensor> inputs,
            float[] expected,
            float tolerance) {
        try (var session = Session.open(environment, model, options)) {
            var outputs = session.run(inputs);
            try {
                float[] actual = outputs.getFirst().data().toArray(JAVA_FLOAT);
                float worst = actual.length == expected.length ? 0 : Float.POSITIVE_INFINITY;
                for (int i = 0; i < Math.min(actual.length, expected.length); i++) {
                    float difference = Math.abs(actual[i] - expected[i]);
                    worst = difference <= worst ? worst : difference; // a NaN is the worst
                }
                return worst <= tolerance ? new Answer.Works() : new Answer.Wrong(worst);
            } finally {
                outputs.forEach(Tensor::close);
            }
        } catch (OrtError e) {
            return new Answer.Refused(e.getMessage());
        }
    }
}
