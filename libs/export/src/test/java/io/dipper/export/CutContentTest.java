package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.export.CutContent.Range;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CutContentTest {
    private static final int ROWS = 11;
    private static final int COLUMNS = 13;
    private static final List<Range> SOME_ROWS = List.of(new Range(0, 2), new Range(2, 3), new Range(7, 10));
    private static final List<Range> SOME_COLUMNS = List.of(new Range(1, 4), new Range(9, 13));

    private static short value(int row, int column) {
        return (short) (row * COLUMNS + column);
    }

    private static MemorySegment matrix() {
        short[] values = new short[ROWS * COLUMNS];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(i / COLUMNS, i % COLUMNS);
        }
        return MemorySegment.ofArray(values);
    }

    private static List<Short> expected(List<Range> rows, List<Range> columns) {
        List<Short> values = new ArrayList<>();
        for (Range row : rows) {
            for (int i = row.from(); i < row.to(); i++) {
                for (Range column : columns) {
                    for (int j = column.from(); j < column.to(); j++) {
                        values.add(value(i, j));
                    }
                }
            }
        }
        return values;
    }

    /// As the writer asks for it: chunk after chunk, which may begin and end within a row.
    private static List<Short> filled(List<Range> rows, List<Range> columns, int count, int chunkValues) {
        var content = new CutContent(matrix(), Short.BYTES, COLUMNS, rows, columns);
        short[] values = new short[count];
        MemorySegment all = MemorySegment.ofArray(values);
        for (int from = 0; from < count; from += chunkValues) {
            long bytes = (long) Math.min(chunkValues, count - from) * Short.BYTES;
            content.fill(all.asSlice((long) from * Short.BYTES, bytes), (long) from * Short.BYTES);
        }
        List<Short> boxed = new ArrayList<>();
        for (short each : values) {
            boxed.add(each);
        }
        return boxed;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 7, 8, 13, 1000})
    void anyChunksMakeTheRowsAndColumnsThatAreKept(int chunkValues) {
        List<Range> allColumns = List.of(new Range(0, COLUMNS));
        List<Range> allRows = List.of(new Range(0, ROWS));
        for (List<Range> rows : Arrays.asList(SOME_ROWS, allRows)) {
            for (List<Range> columns : Arrays.asList(SOME_COLUMNS, allColumns)) {
                List<Short> expected = expected(rows, columns);
                assertThat(filled(rows, columns, expected.size(), chunkValues)).isEqualTo(expected);
            }
        }
    }
}
