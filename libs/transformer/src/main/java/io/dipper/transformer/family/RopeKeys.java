package io.dipper.transformer.family;

import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.RopeScaling;
import java.util.Optional;
import java.util.OptionalDouble;

/// Rotary positions in both spellings: `rope_parameters` as files are written now, `rope_theta`
/// beside `rope_scaling` as they were written before. Both may be there if they agree.
final class RopeKeys {
    private final Keys keys;
    private final int context;

    private RopeKeys(Keys keys, int context) {
        this.keys = keys;
        this.context = context;
    }

    static RopeKeys of(Keys keys, int context) {
        return new RopeKeys(keys, context);
    }

    /// One rotation for all layers, over the share of the head that the configuration states, or
    /// over all of it.
    Rope forAllLayers(int headDim, double defaultTheta, Pairing pairing) {
        return forAllLayers(headDim, defaultTheta, 1, pairing);
    }

    Rope forAllLayers(int headDim, double defaultTheta, double defaultShare, Pairing pairing) {
        Keys parameters = parameters().orElse(keys);
        double theta = agreed(parameters, "rope_theta").orElse(defaultTheta);
        double share = share(parameters, defaultShare);
        return rope(theta, rotaryDim(parameters, headDim, share), pairing, parameters);
    }

    /// The rotation of one kind of layer (`full_attention`, `sliding_attention`), where the file
    /// states it by kind; empty where it does not.
    Optional<Rope> forKind(String kind, int headDim, double defaultTheta, Pairing pairing) {
        if (!statedByKind()) {
            return Optional.empty();
        }
        Keys parameters =
                keys.object("rope_parameters").flatMap(all -> all.object(kind)).orElse(null);
        if (parameters == null) {
            return Optional.of(new Rope(defaultTheta, headDim, pairing, RopeScaling.NONE));
        }
        double theta = parameters.optionalFactor("rope_theta").orElse(defaultTheta);
        double share = parameters.optionalFactor("partial_rotary_factor").orElse(1);
        return Optional.of(rope(theta, rotaryDim(parameters, headDim, share), pairing, parameters));
    }

    /// Whether the current spelling is there and makes no difference between kinds of layers.
    boolean statedForAllKinds() {
        return !statedByKind()
                && keys.object("rope_parameters").filter(Keys::statesAnything).isPresent();
    }

    /// YaRN's `mscale_all_dim`, by which some designs also scale their scores.
    OptionalDouble scoreMagnitude() {
        Keys parameters = parameters().orElse(keys);
        return parameters == keys ? OptionalDouble.empty() : parameters.optionalDecimal("mscale_all_dim");
    }

    private boolean statedByKind() {
        return keys.object("rope_parameters")
                .filter(all -> all.isObject("full_attention") || all.isObject("sliding_attention"))
                .isPresent();
    }

    private Optional<Keys> parameters() {
        Optional<Keys> current = keys.object("rope_parameters");
        Optional<Keys> legacy = keys.object("rope_scaling");
        if (current.isPresent() && legacy.isPresent()) {
            throw keys.refused("rope_scaling", "stated beside rope_parameters");
        }
        return current.or(() -> legacy);
    }

    private OptionalDouble agreed(Keys parameters, String key) {
        OptionalDouble outer = keys.optionalFactor(key);
        OptionalDouble inner = parameters.optionalFactor(key);
        if (outer.isPresent() && inner.isPresent() && outer.getAsDouble() != inner.getAsDouble()) {
            throw keys.refused(key, "rope_parameters says " + inner.getAsDouble());
        }
        return inner.isPresent() ? inner : outer;
    }

    /// The inner key wins: files carry a class's default beside it.
    private double share(Keys parameters, double defaultShare) {
        OptionalDouble outer = keys.optionalFactor("partial_rotary_factor");
        return parameters.optionalFactor("partial_rotary_factor").orElse(outer.orElse(defaultShare));
    }

    private int rotaryDim(Keys parameters, int headDim, double share) {
        int rotaryDim = (int) (headDim * share);
        if (rotaryDim < 2 || rotaryDim > headDim || rotaryDim % 2 != 0) {
            Keys at = share == 1 ? keys : parameters;
            String key = share == 1 ? "head_dim" : "partial_rotary_factor";
            throw at.refused(key, rotaryDim + " of " + headDim + " dimensions cannot be rotated in pairs");
        }
        return rotaryDim;
    }

    private Rope rope(double theta, int rotaryDim, Pairing pairing, Keys parameters) {
        RopeScaling scaling = parameters == keys ? RopeScaling.NONE : scaling(parameters, rotaryDim);
        return new Rope(theta, rotaryDim, pairing, scaling);
    }

    private RopeScaling scaling(Keys parameters, int rotaryDim) {
        Optional<String> current = parameters.optionalText("rope_type");
        Optional<String> legacy = parameters.optionalText("type");
        if (current.isPresent() && legacy.isPresent() && !current.equals(legacy)) {
            throw parameters.refused("type", "rope_type says " + current.get());
        }
        String type = current.or(() -> legacy).orElse("default");
        return switch (type) {
            case "default" -> RopeScaling.NONE;
            case "linear" -> new RopeScaling.Linear(parameters.factor("factor"));
            case "dynamic" -> new RopeScaling.Dynamic(parameters.factor("factor"), originalContext(parameters));
            case "yarn" -> yarn(parameters);
            case "llama3" -> llama3(parameters);
            case "longrope" -> longRope(parameters, rotaryDim);
            default ->
                throw parameters.refused(
                        current.isPresent() ? "rope_type" : "type",
                        "known are default, linear, dynamic, yarn, llama3 and longrope");
        };
    }

    private int originalContext(Keys parameters) {
        return parameters.positiveOr("original_max_position_embeddings", context);
    }

    private RopeScaling yarn(Keys parameters) {
        int original = originalContext(parameters);
        double factor = parameters.optionalFactor("factor").orElse((double) context / original);
        OptionalDouble magnitude = parameters.optionalDecimal("mscale");
        OptionalDouble magnitudeAllDim = parameters.optionalDecimal("mscale_all_dim");
        double standard = magnitude.orElse(0) != 0 && magnitudeAllDim.orElse(0) != 0
                ? magnitude(factor, magnitude.getAsDouble()) / magnitude(factor, magnitudeAllDim.getAsDouble())
                : magnitude(factor, 1);
        double betaFast = parameters.optionalFactor("beta_fast").orElse(32);
        double betaSlow = parameters.optionalFactor("beta_slow").orElse(1);
        if (betaFast < betaSlow) {
            throw parameters.refused("beta_fast", "below beta_slow " + betaSlow);
        }
        return new RopeScaling.Yarn(
                factor,
                original,
                betaFast,
                betaSlow,
                parameters.optionalFactor("attention_factor").orElse(standard),
                parameters.flagOr("truncate", true));
    }

    /// How much larger scores must grow when the context is stretched by `factor`.
    static double magnitude(double factor, double weight) {
        return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
    }

    private static RopeScaling llama3(Keys parameters) {
        double low = parameters.factor("low_freq_factor");
        double high = parameters.factor("high_freq_factor");
        if (high < low) {
            throw parameters.refused("high_freq_factor", "below low_freq_factor " + low);
        }
        return new RopeScaling.Llama3(
                parameters.factor("factor"), low, high, parameters.positive("original_max_position_embeddings"));
    }

    private RopeScaling longRope(Keys parameters, int rotaryDim) {
        int original = keys.optionalPositive("original_max_position_embeddings")
                .orElseGet(() -> parameters.positive("original_max_position_embeddings"));
        parameters.harmless("original_max_position_embeddings");
        double factor = (double) context / original;
        double stated = parameters.optionalFactor("factor").orElse(factor);
        double standard = stated <= 1 ? 1 : Math.sqrt(1 + Math.log(stated) / Math.log(original));
        return new RopeScaling.LongRope(
                factors(parameters, "short_factor", rotaryDim),
                factors(parameters, "long_factor", rotaryDim),
                original,
                parameters.optionalFactor("attention_factor").orElse(standard));
    }

    private static java.util.List<Double> factors(Keys parameters, String key, int rotaryDim) {
        var factors = parameters.decimals(key).orElseThrow(() -> parameters.missing(key));
        if (factors.size() != rotaryDim / 2 || factors.stream().anyMatch(value -> !(value > 0))) {
            throw parameters.refused(key, "not " + rotaryDim / 2 + " numbers above zero");
        }
        return factors;
    }
}
