package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.onnxruntime.Invocation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where an invocation of a served graph has each input and output.
final class GraphSlots {
    static final int IDS = 0;
    static final int LOGPROBS = 1;
    static final int TOP_IDS = 2;
    static final int TOP_LOGPROBS = 3;
    static final int LOGITS = 4;

    private static final List<String> OUTPUTS = List.of("ids", "logprobs", "top_ids", "top_logprobs", "logits");

    private final List<String> inputs;
    private final boolean draws;
    private final Map<String, String> written = new LinkedHashMap<>();
    private final Map<String, Integer> slots = new HashMap<>();

    GraphSlots(Manifest manifest) {
        inputs = manifest.graphInputs();
        draws = manifest.draws();
        manifest.kvLayers()
                .forEach(layer -> manifest.written(layer).ifPresent(output -> written.put(layer.input(), output)));
        for (int i = 0; i < inputs.size(); i++) {
            slots.put(inputs.get(i), i);
        }
    }

    List<String> inputs() {
        return inputs;
    }

    /// Those of the step, then the pools that it returns.
    List<String> outputs(boolean withLogits) {
        List<String> outputs = new ArrayList<>(ofStep(withLogits));
        outputs.addAll(written.values());
        return outputs;
    }

    private List<String> ofStep(boolean withLogits) {
        if (!draws) {
            return OUTPUTS.subList(LOGITS, OUTPUTS.size());
        }
        return OUTPUTS.subList(0, withLogits ? OUTPUTS.size() : LOGITS);
    }

    /// What a drawing makes of logits.
    static List<String> drawn() {
        return OUTPUTS.subList(0, LOGITS);
    }

    boolean draws() {
        return draws;
    }

    /// Where the logits are, if they are asked for.
    int logits() {
        return draws ? LOGITS : 0;
    }

    /// Null if the graph has no use for that input.
    @Nullable
    Integer of(String input) {
        return slots.get(input);
    }

    /// A pool that the graph returns is written where it lies: the output is the input's memory.
    void bindPools(Invocation invocation, KvPools pools, boolean withLogits) {
        List<String> outputs = outputs(withLogits);
        for (int i = 0; i < pools.inputs().size(); i++) {
            invocation.input(slots.get(pools.inputs().get(i)), pools.tensors().get(i));
            int output = outputs.indexOf(written.getOrDefault(pools.inputs().get(i), ""));
            if (output >= 0) {
                invocation.output(output, pools.tensors().get(i));
            }
        }
    }
}
