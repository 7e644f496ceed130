package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.onnxruntime.Invocation;
import java.util.ArrayList;
import java.util.HashMap;
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
    private final Map<String, Integer> slots = new HashMap<>();

    GraphSlots(Manifest manifest) {
        inputs = manifest.graphInputs();
        for (int i = 0; i < inputs.size(); i++) {
            slots.put(inputs.get(i), i);
        }
    }

    List<String> inputs() {
        return inputs;
    }

    List<String> outputs(boolean withLogits) {
        return new ArrayList<>(OUTPUTS.subList(0, withLogits ? OUTPUTS.size() : LOGITS));
    }

    /// Null if the graph has no use for that input.
    @Nullable
    Integer of(String input) {
        return slots.get(input);
    }

    void bindPools(Invocation invocation, KvPools pools) {
        for (int i = 0; i < pools.inputs().size(); i++) {
            invocation.input(slots.get(pools.inputs().get(i)), pools.tensors().get(i));
        }
    }
}
