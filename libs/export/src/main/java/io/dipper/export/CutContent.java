package io.dipper.export;

import io.dipper.checkpoint.SafetensorsWriter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Some rows and some columns of a stored matrix, one row after another.
final class CutContent implements SafetensorsWriter.Content {
    private final MemorySegment matrix;
    private final int valueBytes;
    private final long storedColumns;
    private final List<Range> rows;
    private final List<Range> columns;
    private final long width;

    /// `from` to `to - 1`.
    record Range(int from, int to) {
        int length() {
            return to - from;
        }
    }

    CutContent(MemorySegment matrix, int valueBytes, long storedColumns, List<Range> rows, List<Range> columns) {
        this.matrix = matrix;
        this.valueBytes = valueBytes;
        this.storedColumns = storedColumns;
        this.rows = joined(rows);
        this.columns = joined(columns);
        this.width = columns.stream().mapToInt(Range::length).sum();
    }

    /// Neighbours as one, so that they are copied at once.
    private static List<Range> joined(List<Range> ranges) {
        List<Range> joined = new ArrayList<>();
        for (Range range : ranges) {
            if (!joined.isEmpty() && joined.getLast().to() == range.from()) {
                joined.add(new Range(joined.removeLast().from(), range.to()));
            } else {
                joined.add(range);
            }
        }
        return List.copyOf(joined);
    }

    @Override
    public void fill(MemorySegment chunk, long offset) {
        long done = 0;
        while (done < chunk.byteSize()) {
            long value = (offset + done) / valueBytes;
            Run row = run(rows, value / width);
            Run column = run(columns, value % width);
            long left = width == storedColumns ? row.left() * width - value % width : column.left();
            long bytes = Math.min(left * valueBytes, chunk.byteSize() - done);
            long from = (row.at() * storedColumns + column.at()) * valueBytes;
            MemorySegment.copy(matrix, from, chunk, done, bytes);
            done += bytes;
        }
    }

    /// Where the `index`-th of the ranges' entries lies, and how many follow it in its range, itself
    /// included.
    private static Run run(List<Range> ranges, long index) {
        long rest = index;
        for (Range range : ranges) {
            if (rest < range.length()) {
                return new Run(range.from() + rest, range.length() - rest);
            }
            rest -= range.length();
        }
        throw new IndexOutOfBoundsException(index + " is past the ranges " + ranges);
    }

    private record Run(long at, long left) {}
}
