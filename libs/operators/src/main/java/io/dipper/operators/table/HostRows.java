package io.dipper.operators.table;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.JavaOperator;
import io.dipper.operators.Memory;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// `HostRows(ids [T], table [V, W]) → rows [T, W]`
///
/// A table's rows; an id that the table lacks takes its first row. Of such a table a step needs a row a
/// token, so it stays in the host's memory even where everything else lies on a card.
public final class HostRows {
    public static final JavaOperator OPERATOR = new JavaOperator(
            "HostRows", List.of(required(I32), required(F32)), List.of(required(F32)), _ -> HostRows::compute);

    private HostRows() {}

    private static void compute(KernelContext context) {
        int[] ids = context.input(0).toArray(ValueLayout.JAVA_INT);
        long count = context.dimension(1, 0);
        long width = context.dimension(1, 1);
        long table = context.input(1).address();
        long rows = context.output(0, F32, ids.length, width).address();
        long bytes = Float.BYTES * width;
        for (int i = 0; i < ids.length; i++) {
            long id = ids[i] >= 0 && ids[i] < count ? ids[i] : 0;
            Memory.copy(table + id * bytes, rows + i * bytes, bytes);
        }
    }
}
