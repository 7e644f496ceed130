package io.dipper.operators.streams;

import java.util.Arrays;

/// The operators of several residual streams by plain loops in double precision.
record PlainStreams(StreamsCase of) {
    /// Predicted, then computed.
    double[][] predict() {
        double[] all = widened(of.all());
        int n = of.streams();
        if (of.whole()) {
            double[] added = normed(widened(of.branch(0)), of.norm(0));
            each((token, column) -> {
                for (int stream = 1; stream < n; stream++) {
                    all[at(token, stream, column)] += added[token * of.width() + column];
                }
            });
        }
        double[] routed = routed(active(all));
        float[] coefficients = of.coefficients(n * n);
        double[] predicted = all.clone();
        each((token, column) -> {
            for (int stream = 0; stream < n; stream++) {
                for (int other = 0; other < n; other++) {
                    double share = 0;
                    for (int k = 0; k < n; k++) {
                        share += coefficients[(stream * n + other) * n + k] * routed[token * n + k];
                    }
                    predicted[at(token, stream, column)] += share * all[at(token, other, column)];
                }
            }
        });
        return new double[][] {predicted, active(predicted)};
    }

    /// Corrected, then scaled.
    double[][] correct() {
        double[] predicted = widened(of.all());
        double[] made = normed(widened(of.branch(1)), of.norm(0));
        float[] mixed = of.branch(0);
        for (int i = 0; i < made.length; i++) {
            made[i] += mixed[i];
        }
        int n = of.streams();
        double[] routed = routed(made);
        float[] coefficients = of.coefficients(n);
        double clip = of.whole() ? StreamsCase.CLIP : Double.POSITIVE_INFINITY;
        double[] corrected = predicted.clone();
        each((token, column) -> {
            double beyond = made[token * of.width() + column] - predicted[at(token, of.active(), column)];
            for (int stream = 0; stream < n; stream++) {
                double share = 1;
                for (int k = 0; k < n; k++) {
                    share += Math.clamp(coefficients[stream * n + k], -clip, clip) * routed[token * n + k];
                }
                corrected[at(token, stream, column)] += share * beyond;
            }
        });
        double[] scaled = active(corrected);
        float[] scale = of.norm(2);
        for (int i = 0; of.whole() && i < scaled.length; i++) {
            scaled[i] *= scale[i % of.width()];
        }
        return new double[][] {corrected, scaled};
    }

    double[][] join() {
        double[] joined = widened(of.branch(0));
        for (int branch = 0; branch < 3; branch++) {
            double[] normed = normed(widened(of.branch(branch)), of.norm(branch));
            for (int i = 0; i < joined.length; i++) {
                joined[i] += normed[i];
            }
        }
        for (int i = 0; i < joined.length; i++) {
            joined[i] /= Math.sqrt(2);
        }
        return new double[][] {joined};
    }

    double[][] spread() {
        double[] first = widened(of.branch(0));
        float[] projected = of.projected();
        double[] all = new double[of.tokens() * of.streams() * of.width()];
        each((token, column) -> all[at(token, 0, column)] = first[token * of.width() + column]);
        for (int stream = 1; stream < of.streams(); stream++) {
            double[] other = new double[first.length];
            int before = stream - 1;
            each((token, column) -> other[token * of.width() + column] =
                    projected[(token * (of.streams() - 1) + before) * of.width() + column]);
            double[] sized = sized(other, first);
            int own = stream;
            each((token, column) -> all[at(token, own, column)] = sized[token * of.width() + column]);
        }
        return new double[][] {all};
    }

    double[][] mean() {
        double[] first = widened(of.branch(0));
        double[] mean = first.clone();
        for (int stream = 1; stream < of.streams(); stream++) {
            double[] sized = sized(widened(of.branch(stream)), first);
            Arrays.setAll(mean, i -> mean[i] + sized[i]);
        }
        Arrays.setAll(mean, i -> mean[i] / of.streams());
        return new double[][] {mean};
    }

    private double[] sized(double[] x, double[] like) {
        double[] own = squares(x);
        double[] wanted = squares(like);
        double[] sized = new double[x.length];
        Arrays.setAll(sized, i -> {
            int token = i / of.width();
            return x[i] * Math.sqrt(wanted[token] / Math.max(own[token], StreamsCase.LEAST_SQUARE));
        });
        return sized;
    }

    /// A row's mean square.
    private double[] squares(double[] x) {
        double[] squares = new double[of.tokens()];
        each((token, column) -> squares[token] += Math.pow(x[token * of.width() + column], 2) / of.width());
        return squares;
    }

    double[][] gate() {
        double[] gated = widened(of.branch(0));
        float[] embeddings = of.embeddings();
        each((token, column) -> {
            int i = token * of.width() + column;
            double x = gated[i];
            double opened = of.whole()
                    ? 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))
                    : x / (1 + Math.exp(-x));
            gated[i] = opened * embeddings[(3 * token + 1) * of.width() + column];
        });
        return new double[][] {gated};
    }

    private interface Each {
        void at(int token, int column);
    }

    private void each(Each each) {
        for (int token = 0; token < of.tokens(); token++) {
            for (int column = 0; column < of.width(); column++) {
                each.at(token, column);
            }
        }
    }

    private int at(int token, int stream, int column) {
        return (token * of.streams() + stream) * of.width() + column;
    }

    private double[] active(double[] all) {
        double[] rows = new double[of.tokens() * of.width()];
        each((token, column) -> rows[token * of.width() + column] = all[at(token, of.active(), column)]);
        return rows;
    }

    /// tanh(router · norm(x) / H), [T, n].
    private double[] routed(double[] x) {
        double[] normed = normed(x, of.norm(1));
        float[] router = of.router();
        double[] routed = new double[of.tokens() * of.streams()];
        each((token, column) -> {
            for (int stream = 0; stream < of.streams(); stream++) {
                routed[token * of.streams() + stream] +=
                        normed[token * of.width() + column] * router[stream * of.width() + column];
            }
        });
        for (int i = 0; i < routed.length; i++) {
            routed[i] = Math.tanh(routed[i] / of.width());
        }
        return routed;
    }

    private double[] normed(double[] x, float[] weight) {
        double[] squares = squares(x);
        double[] normed = new double[x.length];
        each((token, column) -> {
            double scale = 1 / Math.sqrt(squares[token] + StreamsCase.EPSILON);
            normed[token * of.width() + column] = x[token * of.width() + column] * scale * weight[column];
        });
        return normed;
    }

    private static double[] widened(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }
}
