package io.dipper.engineort;

import java.util.Arrays;
import java.util.List;

/// A step that was captured for so many rows, each of one token that is drawn from.
///
/// @param sizes of its inputs; what they hold changes from step to step
record CardGraph(CardStep step, Padding padding, StepField.Sizes sizes) {
    /// Sizes of batches that graphs are captured for: close enough that filling a step up costs little.
    private static final int[] ROWS = {1, 2, 4, 8, 12, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256
    };

    /// Ids of ragged lists that a captured graph has room for, a row.
    private static final int RAGGED_PER_ROW = 1024;

    /// Those up to the first that holds `most` rows.
    static List<Integer> rowsUpTo(int most) {
        return Arrays.stream(ROWS)
                .filter(rows -> rows == 1 || previous(rows) < most)
                .boxed()
                .toList();
    }

    private static int previous(int rows) {
        int at = Arrays.binarySearch(ROWS, rows);
        return ROWS[at - 1];
    }

    static StepField.Sizes sizes(Padding padding) {
        int rows = padding.rows();
        int ragged = RAGGED_PER_ROW * rows;
        return new StepField.Sizes(rows, rows, rows, padding.tableWidths(), ragged, ragged);
    }

    /// Whether a step's ragged lists are no longer than those that were captured.
    boolean holds(DrawInputs drawn) {
        return drawn.penalties() <= sizes.penalties() && drawn.biases() <= sizes.biases();
    }
}
