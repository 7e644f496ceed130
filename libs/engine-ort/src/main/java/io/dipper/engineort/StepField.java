package io.dipper.engineort;

import io.dipper.onnxruntime.DataType;
import java.util.ArrayList;
import java.util.List;

/// An input of the graph that changes from step to step.
///
/// @param ragged whether a captured graph's tensor is longer than what a step fills
record StepField(String name, NativeBuffer values, DataType type, boolean ragged, long... dimensions) {

    /// Sizes of a step: tokens, rows of the plan, draws, columns of each group's table, penalised and
    /// biased ids.
    record Sizes(int tokens, int rows, int draws, int[] tableWidths, int penalties, int biases) {}

    /// All of them, the tokens first, where a continuation finds them, the ragged ones last.
    static List<StepField> of(StepInputs inputs, DrawInputs draws, Sizes sizes) {
        List<StepField> fields = new ArrayList<>();
        fields.add(fixed("token_ids", inputs.tokenIds, DataType.I32, sizes.tokens()));
        fields.add(fixed("positions", inputs.positions, DataType.I32, sizes.tokens()));
        fields.add(fixed("seq_starts", inputs.seqStarts, DataType.I32, sizes.rows() + 1L));
        for (int group = 0; group < inputs.blockTables.size(); group++) {
            NativeBuffer table = inputs.blockTables.get(group);
            fields.add(fixed("block_tables." + group, table, DataType.I32, sizes.rows(), sizes.tableWidths()[group]));
        }
        int drawn = sizes.draws();
        fields.add(fixed("logit_rows", inputs.logitRows, DataType.I32, drawn));
        fields.add(fixed("sample_floats", draws.floats, DataType.F32, drawn, DrawInputs.FLOATS));
        fields.add(fixed("sample_ints", draws.ints, DataType.I64, drawn, DrawInputs.INTS));
        fields.add(fixed("penalty_starts", draws.penaltyStarts, DataType.I32, drawn + 1L));
        fields.add(fixed("bias_starts", draws.biasStarts, DataType.I32, drawn + 1L));
        fields.add(ragged("penalty_ids", draws.penaltyIds, DataType.I32, sizes.penalties()));
        fields.add(ragged("penalty_counts", draws.penaltyCounts, DataType.I32, sizes.penalties()));
        fields.add(ragged("bias_ids", draws.biasIds, DataType.I32, sizes.biases()));
        fields.add(ragged("bias_values", draws.biasValues, DataType.F32, sizes.biases()));
        return fields;
    }

    private static StepField fixed(String name, NativeBuffer values, DataType type, long... dimensions) {
        return new StepField(name, values, type, false, dimensions);
    }

    private static StepField ragged(String name, NativeBuffer values, DataType type, long length) {
        return new StepField(name, values, type, true, length);
    }

    /// Bytes of the whole tensor.
    long bytes() {
        long bytes = type.byteSize();
        for (long dimension : dimensions) {
            bytes *= dimension;
        }
        return bytes;
    }
}
