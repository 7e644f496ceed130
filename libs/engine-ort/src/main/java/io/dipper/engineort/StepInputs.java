package io.dipper.engineort;

import io.dipper.engine.RunnerShape;
import io.dipper.engine.RunnerShape.KvGroup;
import io.dipper.engine.plan.BlockTable;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Row;
import java.util.ArrayList;
import java.util.List;

/// A plan laid out as the graph wants it: the tokens of all rows one after another, with positions,
/// row starts, block tables and the rows whose logits are wanted.
final class StepInputs implements AutoCloseable {
    private final RunnerShape shape;
    final NativeBuffer tokenIds = new NativeBuffer();
    final NativeBuffer positions = new NativeBuffer();
    final NativeBuffer seqStarts = new NativeBuffer();
    final NativeBuffer logitRows = new NativeBuffer();
    final List<NativeBuffer> blockTables = new ArrayList<>();
    private final int[] tableWidths;
    private int[] chunk = new int[64];

    StepInputs(RunnerShape shape) {
        this.shape = shape;
        this.tableWidths = new int[shape.groups().size()];
        for (int group = 0; group < tableWidths.length; group++) {
            blockTables.add(new NativeBuffer());
        }
    }

    void fill(Plan plan) {
        fill(plan, Padding.NONE);
    }

    void fill(Plan plan, Padding padding) {
        tokenIds.clear();
        positions.clear();
        seqStarts.clear();
        logitRows.clear();
        int start = 0;
        for (Row row : plan.rows()) {
            seqStarts.put(start);
            append(row, start);
            start += row.count();
        }
        for (int row = plan.rows().size(); row < padding.rows(); row++) {
            seqStarts.put(start);
            for (int offset = 0; offset < padding.tokensOf(row); offset++) {
                tokenIds.put(0);
                positions.put(offset);
                start++;
            }
            logitRows.put(start - 1);
        }
        seqStarts.put(start);
        for (int group = 0; group < tableWidths.length; group++) {
            fillTable(plan, group, padding);
        }
    }

    /// Columns of each group's table in this step. The graph takes a logical block modulo this width,
    /// which makes a ring of the groups that forget; for the others every row's blocks must fit.
    int[] tableWidths() {
        return tableWidths;
    }

    private void append(Row row, int start) {
        if (chunk.length < row.count()) {
            chunk = new int[row.count()];
        }
        row.copyTokens(chunk, 0);
        for (int offset = 0; offset < row.count(); offset++) {
            tokenIds.put(chunk[offset]);
            positions.put(row.from() + offset);
            if (offset >= row.firstDraw()) {
                logitRows.put(start + offset);
            }
        }
    }

    private void fillTable(Plan plan, int group, Padding padding) {
        KvGroup kvGroup = shape.groups().get(group);
        int width = Math.max(1, kvGroup.ringBlocks());
        if (padding.rows() > 0) {
            width = padding.tableWidths()[group];
        } else if (kvGroup.ringBlocks() == KvGroup.KEEPS_ALL) {
            for (Row row : plan.rows()) {
                width = Math.max(width, row.sequence().table(group).size());
            }
        }
        tableWidths[group] = width;
        NativeBuffer buffer = blockTables.get(group).clear();
        for (Row row : plan.rows()) {
            BlockTable table = row.sequence().table(group);
            for (int column = 0; column < width; column++) {
                buffer.put(column < table.size() ? table.block(column) : 0);
            }
        }
        for (int row = plan.rows().size(); row < padding.rows(); row++) {
            for (int column = 0; column < width; column++) {
                buffer.put(padding.spareBlocks()[group]);
            }
        }
    }

    @Override
    public void close() {
        tokenIds.close();
        positions.close();
        seqStarts.close();
        logitRows.close();
        blockTables.forEach(NativeBuffer::close);
    }
}
