package io.dipper.transformer.diagram;

import io.dipper.transformer.fold.Facts;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.Model;
import java.util.ArrayList;
import java.util.List;

/// A design as it is drawn: its sections from the tokens up, the kinds of layers that it has, and
/// which layer is of which kind. All renderings say the same, since all come from this.
public record Diagram(String title, List<Section> sections, Layers layers) {
    public Diagram {
        sections = List.copyOf(sections);
    }

    /// A box: the embedding, one kind of layer, or the head.
    public record Section(Part part, String heading, List<Line> lines) {
        public Section {
            lines = List.copyOf(lines);
        }
    }

    public enum Part {
        EMBEDDING,
        BLOCK,
        HEAD
    }

    /// A labelled fact. `step` tells where it belongs in the flow of a layer.
    public record Line(Step step, String label, String value) {}

    /// What a line is about, in the order in which a token meets it.
    public enum Step {
        WHOLE,
        NORM_BEFORE_MIXER,
        MIXER,
        NORM_AFTER_MIXER,
        NORM_BEFORE_MLP,
        FEED_FORWARD,
        NORM_AFTER_MLP
    }

    /// The kind of each layer, as an index into the kinds, and what a kind's layers see, by which
    /// drawings colour them.
    public record Layers(List<Integer> kinds, List<String> attention, String pattern) {
        public Layers {
            kinds = List.copyOf(kinds);
            attention = List.copyOf(attention);
        }
    }

    public static Diagram of(Model model, String title) {
        List<Block> distinct = model.blocks().stream().distinct().toList();
        List<Integer> kinds = model.blocks().stream().map(distinct::indexOf).toList();
        List<Section> sections = new ArrayList<>();
        sections.add(new Section(Part.EMBEDDING, "Embedding", Descriptions.embedding(model)));
        for (int kind = 0; kind < distinct.size(); kind++) {
            int index = kind;
            long count = kinds.stream().filter(other -> other == index).count();
            String heading = distinct.size() == 1
                    ? count + " layers"
                    : letter(kind) + ": " + count + (count == 1 ? " layer" : " layers");
            sections.add(new Section(Part.BLOCK, heading, Descriptions.block(distinct.get(kind))));
        }
        sections.add(new Section(Part.HEAD, "Head", Descriptions.head(model)));
        List<String> attention =
                distinct.stream().map(block -> Facts.kind(block.mixer())).toList();
        return new Diagram(title, sections, new Layers(kinds, attention, pattern(kinds)));
    }

    /// A, B, …, Z, A1, B1, …
    static String letter(int kind) {
        String letter = Character.toString((char) ('A' + kind % 26));
        return kind < 26 ? letter : letter + kind / 26;
    }

    /// How the kinds follow each other: a unit that repeats, where there is one, or the runs.
    static String pattern(List<Integer> kinds) {
        for (int unit = 1; unit <= kinds.size() / 2; unit++) {
            if (repeats(kinds, unit)) {
                int times = kinds.size() / unit;
                String whole = runs(kinds.subList(0, unit));
                if (unit == 1) {
                    return kinds.size() + " × " + letter(kinds.getFirst());
                }
                List<Integer> rest = kinds.subList(times * unit, kinds.size());
                return times + " × (" + whole + ")" + (rest.isEmpty() ? "" : ", " + runs(rest));
            }
        }
        return runs(kinds);
    }

    private static boolean repeats(List<Integer> kinds, int unit) {
        for (int layer = unit; layer < kinds.size(); layer++) {
            if (!kinds.get(layer).equals(kinds.get(layer - unit))) {
                return false;
            }
        }
        return true;
    }

    private static String runs(List<Integer> kinds) {
        List<String> runs = new ArrayList<>();
        int start = 0;
        for (int layer = 1; layer <= kinds.size(); layer++) {
            if (layer == kinds.size() || !kinds.get(layer).equals(kinds.get(start))) {
                int length = layer - start;
                runs.add((length == 1 ? "" : length + " × ") + letter(kinds.get(start)));
                start = layer;
            }
        }
        return String.join(", ", runs);
    }
}
