package io.dipper.export;

import io.dipper.export.stock.StockForms;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.family.Reading.Read;
import java.util.List;
import java.util.stream.Collectors;

/// A page beside a graph that is for others to run: what goes in and what comes out.
final class GraphReadme {
    static final String FILE = "README.md";

    private GraphReadme() {}

    static String of(Read read, Lowered.Ready ready, Target target) {
        return """
                # A %s model as an ONNX graph of stock operators

                `model.onnx` with its weights in `weights.bin` runs on ONNX Runtime (operator sets %s). One run is one
                step: the tokens of any number of sequences one after another, prompts, parts of prompts and single
                tokens alike.

                | input | |
                | --- | --- |
                | `token_ids` [T] | the step's tokens, sequence after sequence |
                | `positions` [T] | each token's position in its sequence, from 0 |
                | `seq_starts` [R+1] | where each of the R sequences begins in the step, and T at the end |
                | `logit_rows` [L] | the tokens, counted from 0 in the step, whose logits are wanted |
                %s
                | output | |
                | --- | --- |
                | `logits` [L, %d] | of the asked tokens |
                %s
                A pool holds B blocks of %d tokens each; a sequence's token at position p lies in block
                `block_tables[row][p / %d mod width]`, at place p mod %d. Give every sequence blocks of its own. Before the
                first step pools hold zeros; after each, the outputs `…%s` are the next step's pools. Bind an output to
                its input's memory and it is written in place.

                Dipper itself serves this folder too; it draws ids by `draw.onnx`, one operator of its own, which others
                do not need.
                """.formatted(
                        read.family(),
                        opsets(ready),
                        rows(ready, List.of("block_tables", "kv"), ready.graph().inputs()),
                        read.model().vocabulary(),
                        rows(ready, List.of("kv"), ready.graph().outputs()),
                        target.blockTokens(),
                        target.blockTokens(),
                        target.blockTokens(),
                        StockForms.WRITTEN);
    }

    private static String opsets(Lowered.Ready ready) {
        return ready.graph().opsets().entrySet().stream()
                .map(opset -> (opset.getKey().isEmpty() ? "ai.onnx" : opset.getKey()) + " " + opset.getValue())
                .collect(Collectors.joining(", "));
    }

    private static String rows(Lowered.Ready ready, List<String> kinds, List<Value> values) {
        return values.stream()
                .filter(value -> kinds.stream().anyMatch(kind -> value.name().startsWith(kind + ".")))
                .map(value -> "| `%s` %s | %s |\n".formatted(value.name(), value.shape(), meaning(ready, value)))
                .collect(Collectors.joining());
    }

    private static String meaning(Lowered.Ready ready, Value value) {
        String[] name = value.name().split("\\.", -1);
        if (name[0].equals("block_tables")) {
            int window = ready.cache().groupWindows().get(Integer.parseInt(name[1]));
            return switch (window) {
                case KvPlan.KEEPS_ALL -> "blocks of layers that keep all tokens";
                case KvPlan.STATE -> "the block of each sequence's state";
                default ->
                    "blocks of layers that keep " + window
                            + " tokens: a ring, at least as wide as these and a step's tokens need";
            };
        }
        return "layer " + name[1]
                + (name.length > 2 ? ", written" : ", which group " + group(ready, name[1]) + " is of");
    }

    private static int group(Lowered.Ready ready, String layer) {
        return ready.cache().layer(Integer.parseInt(layer)).group();
    }
}
