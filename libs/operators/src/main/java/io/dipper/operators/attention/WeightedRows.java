package io.dipper.operators.attention;

import static io.dipper.operators.Memory.LANES;
import static io.dipper.operators.Memory.floatAt;
import static io.dipper.operators.Memory.load;

import jdk.incubator.vector.FloatVector;

/// Sums of a matrix's rows, for several queries that weigh them differently:
/// `sums[q][i] += Σ factors[q][row] · matrix[row][i]`, row by row in order.
///
/// Both halves of attention are such sums: scores are rows of transposed keys weighed by the query's
/// values, answers are rows of values weighed by the softmax. Sums stay in registers, and each load of
/// the matrix serves all queries. One query's sums are the same however many others there are.
///
/// @param matrix address of the first row
/// @param stride bytes from row to row
/// @param rows how many
/// @param factors every query's factors
/// @param firstFactor index of the first query's factor of the first row
/// @param factorStride floats from query to query
/// @param sums every query's sums
/// @param sumStride floats from query to query
record WeightedRows(
        long matrix,
        long stride,
        int rows,
        float[] factors,
        int firstFactor,
        int factorStride,
        float[] sums,
        int sumStride) {
    private static final int WIDTH = LANES.length();

    /// For two queries, the vectors at `low` and `high` of a row.
    void addToTwo(int low, int high) {
        FloatVector low0 = FloatVector.fromArray(LANES, sums, low);
        FloatVector low1 = FloatVector.fromArray(LANES, sums, low + sumStride);
        FloatVector high0 = FloatVector.fromArray(LANES, sums, high);
        FloatVector high1 = FloatVector.fromArray(LANES, sums, high + sumStride);
        for (int row = 0; row < rows; row++) {
            long at = matrix + row * stride;
            FloatVector lowRow = load(at + 4L * low);
            FloatVector highRow = load(at + 4L * high);
            FloatVector factor = factor(0, row);
            low0 = lowRow.fma(factor, low0);
            high0 = highRow.fma(factor, high0);
            factor = factor(1, row);
            low1 = lowRow.fma(factor, low1);
            high1 = highRow.fma(factor, high1);
        }
        low0.intoArray(sums, low);
        low1.intoArray(sums, low + sumStride);
        high0.intoArray(sums, high);
        high1.intoArray(sums, high + sumStride);
    }

    /// For two queries, four vectors from `from` on.
    void addFourVectorsToTwo(int from) {
        FloatVector sum00 = FloatVector.fromArray(LANES, sums, from);
        FloatVector sum10 = FloatVector.fromArray(LANES, sums, from + sumStride);
        FloatVector sum01 = FloatVector.fromArray(LANES, sums, from + WIDTH);
        FloatVector sum11 = FloatVector.fromArray(LANES, sums, from + WIDTH + sumStride);
        FloatVector sum02 = FloatVector.fromArray(LANES, sums, from + 2 * WIDTH);
        FloatVector sum12 = FloatVector.fromArray(LANES, sums, from + 2 * WIDTH + sumStride);
        FloatVector sum03 = FloatVector.fromArray(LANES, sums, from + 3 * WIDTH);
        FloatVector sum13 = FloatVector.fromArray(LANES, sums, from + 3 * WIDTH + sumStride);
        for (int row = 0; row < rows; row++) {
            long at = matrix + row * stride;
            FloatVector row0 = load(at + 4L * from);
            FloatVector row1 = load(at + 4L * (from + WIDTH));
            FloatVector row2 = load(at + 4L * (from + 2 * WIDTH));
            FloatVector row3 = load(at + 4L * (from + 3 * WIDTH));
            FloatVector factor = factor(0, row);
            sum00 = row0.fma(factor, sum00);
            sum01 = row1.fma(factor, sum01);
            sum02 = row2.fma(factor, sum02);
            sum03 = row3.fma(factor, sum03);
            factor = factor(1, row);
            sum10 = row0.fma(factor, sum10);
            sum11 = row1.fma(factor, sum11);
            sum12 = row2.fma(factor, sum12);
            sum13 = row3.fma(factor, sum13);
        }
        sum00.intoArray(sums, from);
        sum10.intoArray(sums, from + sumStride);
        sum01.intoArray(sums, from + WIDTH);
        sum11.intoArray(sums, from + WIDTH + sumStride);
        sum02.intoArray(sums, from + 2 * WIDTH);
        sum12.intoArray(sums, from + 2 * WIDTH + sumStride);
        sum03.intoArray(sums, from + 3 * WIDTH);
        sum13.intoArray(sums, from + 3 * WIDTH + sumStride);
    }

    /// For four queries, the vectors at `low` and `high` of a row.
    void addToFour(int low, int high) {
        FloatVector low0 = FloatVector.fromArray(LANES, sums, low);
        FloatVector low1 = FloatVector.fromArray(LANES, sums, low + sumStride);
        FloatVector low2 = FloatVector.fromArray(LANES, sums, low + 2 * sumStride);
        FloatVector low3 = FloatVector.fromArray(LANES, sums, low + 3 * sumStride);
        FloatVector high0 = FloatVector.fromArray(LANES, sums, high);
        FloatVector high1 = FloatVector.fromArray(LANES, sums, high + sumStride);
        FloatVector high2 = FloatVector.fromArray(LANES, sums, high + 2 * sumStride);
        FloatVector high3 = FloatVector.fromArray(LANES, sums, high + 3 * sumStride);
        for (int row = 0; row < rows; row++) {
            long at = matrix + row * stride;
            FloatVector lowRow = load(at + 4L * low);
            FloatVector highRow = load(at + 4L * high);
            FloatVector factor = factor(0, row);
            low0 = lowRow.fma(factor, low0);
            high0 = highRow.fma(factor, high0);
            factor = factor(1, row);
            low1 = lowRow.fma(factor, low1);
            high1 = highRow.fma(factor, high1);
            factor = factor(2, row);
            low2 = lowRow.fma(factor, low2);
            high2 = highRow.fma(factor, high2);
            factor = factor(3, row);
            low3 = lowRow.fma(factor, low3);
            high3 = highRow.fma(factor, high3);
        }
        low0.intoArray(sums, low);
        low1.intoArray(sums, low + sumStride);
        low2.intoArray(sums, low + 2 * sumStride);
        low3.intoArray(sums, low + 3 * sumStride);
        high0.intoArray(sums, high);
        high1.intoArray(sums, high + sumStride);
        high2.intoArray(sums, high + 2 * sumStride);
        high3.intoArray(sums, high + 3 * sumStride);
    }

    /// For eight queries, the vectors at `low` and `high` of a row: for processors with 32 vector registers.
    void addToEight(int low, int high) {
        FloatVector low0 = FloatVector.fromArray(LANES, sums, low);
        FloatVector low1 = FloatVector.fromArray(LANES, sums, low + sumStride);
        FloatVector low2 = FloatVector.fromArray(LANES, sums, low + 2 * sumStride);
        FloatVector low3 = FloatVector.fromArray(LANES, sums, low + 3 * sumStride);
        FloatVector low4 = FloatVector.fromArray(LANES, sums, low + 4 * sumStride);
        FloatVector low5 = FloatVector.fromArray(LANES, sums, low + 5 * sumStride);
        FloatVector low6 = FloatVector.fromArray(LANES, sums, low + 6 * sumStride);
        FloatVector low7 = FloatVector.fromArray(LANES, sums, low + 7 * sumStride);
        FloatVector high0 = FloatVector.fromArray(LANES, sums, high);
        FloatVector high1 = FloatVector.fromArray(LANES, sums, high + sumStride);
        FloatVector high2 = FloatVector.fromArray(LANES, sums, high + 2 * sumStride);
        FloatVector high3 = FloatVector.fromArray(LANES, sums, high + 3 * sumStride);
        FloatVector high4 = FloatVector.fromArray(LANES, sums, high + 4 * sumStride);
        FloatVector high5 = FloatVector.fromArray(LANES, sums, high + 5 * sumStride);
        FloatVector high6 = FloatVector.fromArray(LANES, sums, high + 6 * sumStride);
        FloatVector high7 = FloatVector.fromArray(LANES, sums, high + 7 * sumStride);
        for (int row = 0; row < rows; row++) {
            long at = matrix + row * stride;
            FloatVector lowRow = load(at + 4L * low);
            FloatVector highRow = load(at + 4L * high);
            FloatVector factor = factor(0, row);
            low0 = lowRow.fma(factor, low0);
            high0 = highRow.fma(factor, high0);
            factor = factor(1, row);
            low1 = lowRow.fma(factor, low1);
            high1 = highRow.fma(factor, high1);
            factor = factor(2, row);
            low2 = lowRow.fma(factor, low2);
            high2 = highRow.fma(factor, high2);
            factor = factor(3, row);
            low3 = lowRow.fma(factor, low3);
            high3 = highRow.fma(factor, high3);
            factor = factor(4, row);
            low4 = lowRow.fma(factor, low4);
            high4 = highRow.fma(factor, high4);
            factor = factor(5, row);
            low5 = lowRow.fma(factor, low5);
            high5 = highRow.fma(factor, high5);
            factor = factor(6, row);
            low6 = lowRow.fma(factor, low6);
            high6 = highRow.fma(factor, high6);
            factor = factor(7, row);
            low7 = lowRow.fma(factor, low7);
            high7 = highRow.fma(factor, high7);
        }
        low0.intoArray(sums, low);
        low1.intoArray(sums, low + sumStride);
        low2.intoArray(sums, low + 2 * sumStride);
        low3.intoArray(sums, low + 3 * sumStride);
        low4.intoArray(sums, low + 4 * sumStride);
        low5.intoArray(sums, low + 5 * sumStride);
        low6.intoArray(sums, low + 6 * sumStride);
        low7.intoArray(sums, low + 7 * sumStride);
        high0.intoArray(sums, high);
        high1.intoArray(sums, high + sumStride);
        high2.intoArray(sums, high + 2 * sumStride);
        high3.intoArray(sums, high + 3 * sumStride);
        high4.intoArray(sums, high + 4 * sumStride);
        high5.intoArray(sums, high + 5 * sumStride);
        high6.intoArray(sums, high + 6 * sumStride);
        high7.intoArray(sums, high + 7 * sumStride);
    }

    /// For the query `query`, the values from `from` to `to - 1` of a row.
    void addToOne(int query, int from, int to) {
        int at = query * sumStride;
        int i = from;
        for (; i + WIDTH <= to; i += WIDTH) {
            FloatVector sum = FloatVector.fromArray(LANES, sums, at + i);
            for (int row = 0; row < rows; row++) {
                sum = load(matrix + row * stride + 4L * i).fma(factor(query, row), sum);
            }
            sum.intoArray(sums, at + i);
        }
        for (; i < to; i++) {
            float sum = sums[at + i];
            for (int row = 0; row < rows; row++) {
                float factor = factors[firstFactor + query * factorStride + row];
                sum = Math.fma(floatAt(matrix + row * stride + 4L * i), factor, sum);
            }
            sums[at + i] = sum;
        }
    }

    private FloatVector factor(int query, int row) {
        return FloatVector.broadcast(LANES, factors[firstFactor + query * factorStride + row]);
    }
}
