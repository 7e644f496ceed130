package io.dipper.transformer.family;

import io.dipper.transformer.fold.Weight;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where a family's checkpoints keep the weights of a tree: rules from tree paths to the hub's
/// tensors, the prefixes under which files spell those, and the tensors that are left out on
/// purpose.
public final class Renaming {
    private static final Pattern LAYER = Pattern.compile("\\.layers\\.(\\d{1,6})\\.");

    private final List<Layout> layouts;
    private final List<Rule> rules;
    private final List<LeftOut> leftOut;

    private final boolean beyond;

    private Renaming(List<Layout> layouts, List<Rule> rules, List<LeftOut> leftOut, boolean beyond) {
        this.beyond = beyond;
        this.layouts = List.copyOf(layouts);
        this.rules = List.copyOf(rules);
        this.leftOut = List.copyOf(leftOut);
    }

    static Renaming of(Rule... rules) {
        return new Renaming(List.of(Layout.PLAIN), List.of(rules), List.of(), false);
    }

    Renaming and(Rule... more) {
        List<Rule> all = new ArrayList<>(List.of(more));
        all.addAll(rules);
        return new Renaming(layouts, all, leftOut, beyond);
    }

    Renaming spelled(Layout... spellings) {
        return new Renaming(List.of(spellings), rules, leftOut, beyond);
    }

    /// Tensors that a text model does not use; `*` in the pattern stands for any text.
    Renaming leavingOut(String pattern, String reason) {
        List<LeftOut> more = new ArrayList<>(leftOut);
        more.add(new LeftOut(glob(pattern), reason));
        return new Renaming(layouts, rules, more, beyond);
    }

    /// How files spell the names: a checkpoint uses one of these for all its tensors.
    public List<Layout> layouts() {
        return layouts;
    }

    /// Tensors of layers that come after those of the tree: modules that guess further tokens
    /// ahead.
    Renaming leavingOutLayersBeyond() {
        return new Renaming(layouts, rules, leftOut, true);
    }

    /// Why a tensor is left out of a model of so many layers, if it is.
    public Optional<String> leftOut(String tensor, int layers) {
        Matcher layer = LAYER.matcher(tensor);
        if (beyond && layer.find() && Integer.parseInt(layer.group(1)) >= layers) {
            return Optional.of("multi-token prediction");
        }
        return leftOut.stream()
                .filter(entry -> entry.pattern().matcher(tensor).matches())
                .map(LeftOut::reason)
                .findFirst();
    }

    /// The part of a stored tensor that each weight is, by tree path, in the weights' order.
    public Map<String, View> views(List<Weight> weights, Layout layout) {
        Map<String, Weight> byPath = new LinkedHashMap<>();
        weights.forEach(weight -> byPath.put(weight.path(), weight));
        Map<String, View> views = new LinkedHashMap<>();
        for (Weight weight : weights) {
            View canonical = rules.stream()
                    .flatMap(rule -> rule.view(weight, byPath).stream())
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no rule names the weight " + weight.path()));
            views.put(weight.path(), canonical.named(layout.spell(canonical.tensor())));
        }
        return views;
    }

    private static Pattern glob(String pattern) {
        StringBuilder regex = new StringBuilder();
        for (String part : pattern.split("\\*", -1)) {
            regex.append(regex.isEmpty() ? "" : ".*").append(part.isEmpty() ? "" : Pattern.quote(part));
        }
        return Pattern.compile(pattern.startsWith("*") ? ".*" + regex : regex.toString());
    }

    private record LeftOut(Pattern pattern, String reason) {}

    /// A weight as part of a stored tensor: element (i, j) of the weight, seen as rows and columns,
    /// lies at `offset + i * rowStride + j * columnStride` elements from the tensor's start.
    public record View(String tensor, List<Integer> tensorShape, long offset, long rowStride, long columnStride) {
        public View {
            tensorShape = List.copyOf(tensorShape);
        }

        View named(String name) {
            return new View(name, tensorShape, offset, rowStride, columnStride);
        }
    }

    /// The prefixes under which a file spells the names that the rules give.
    public enum Layout {
        /// As the rules say.
        PLAIN,
        /// The inner model alone was saved: no `model.` or `transformer.` in front.
        BARE,
        /// Inside a multimodal model: `language_model.` in front of everything.
        WRAPPED,
        /// The same as newer files have it: `model.language_model.` for `model.`, the head as it
        /// is.
        WRAPPED_INSIDE;

        String spell(String name) {
            return switch (this) {
                case PLAIN -> name;
                case BARE -> name.replaceFirst("^(model|transformer)\\.", "");
                case WRAPPED -> "language_model." + name;
                case WRAPPED_INSIDE -> name.replaceFirst("^model\\.", "model.language_model.");
            };
        }
    }
}
