package io.dipper.export;

import io.dipper.transformer.fold.Weight;

/// Where the values of the tree's weights come from. Asked by many threads at once.
interface PartValues {
    Rows of(Weight part);

    /// The rows of one weight.
    interface Rows {
        /// Rows `row` to `row + rows`, one after another.
        void read(int row, int rows, float[] into);
    }
}
