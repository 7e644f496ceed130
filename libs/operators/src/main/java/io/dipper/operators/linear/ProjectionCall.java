package io.dipper.operators.linear;

import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.KernelContext;
import java.util.ArrayList;
import java.util.List;

/// What one run of [Projection] is given, checked; its outputs are made. Addresses are 0 for what is left out.
///
/// @param rows of x
/// @param k columns of x and of each weight
public record ProjectionCall(int rows, int k, long x, long norm, long residual, List<Part> parts) {
    private static final int NORM = 1;
    private static final int RESIDUAL = 2;
    private static final int FIRST_WEIGHT = 3;
    private static final int MOST_PARTS = 4;

    /// A weight and what it makes.
    ///
    /// @param n rows of the weight; where it is gated, columns of y are half as many
    public record Part(long weight, long bias, long y, int n) {}

    /// What a node of the operator sees.
    ///
    /// @param gated whether the only weight has a gate's rows, then those of up
    public static ProjectionCall of(KernelContext context, boolean gated) {
        int rows = (int) context.dimension(0, 0);
        int k = (int) context.dimension(0, 1);
        boolean adds = context.hasInput(RESIDUAL);
        List<Part> parts = new ArrayList<>();
        for (int part = 0; part < MOST_PARTS && context.hasInput(weight(part)); part++) {
            parts.add(part(context, part, weight(part), rows, k, gated));
        }
        if (parts.size() > 1 && (gated || adds)) {
            throw new IllegalArgumentException("a gate or a residual is for a single weight, not " + parts.size());
        }
        int width = gated ? parts.getFirst().n() / 2 : parts.getFirst().n();
        require(context, NORM, k);
        require(context, RESIDUAL, (long) rows * width);
        return new ProjectionCall(
                rows,
                k,
                context.input(0).address(),
                address(context, NORM),
                address(context, RESIDUAL),
                List.copyOf(parts));
    }

    /// What a node of [Linear] sees: a projection of nothing else.
    public static ProjectionCall ofLinear(KernelContext context) {
        int rows = (int) context.dimension(0, 0);
        int k = (int) context.dimension(0, 1);
        return new ProjectionCall(
                rows, k, context.input(0).address(), 0, 0, List.of(part(context, 0, 1, rows, k, false)));
    }

    private static Part part(KernelContext context, int part, int weight, int rows, int k, boolean gated) {
        int n = (int) context.dimension(weight, 0);
        if (context.dimension(weight, 1) != k) {
            throw new IllegalArgumentException("x has " + k + " columns, weight has " + context.dimension(weight, 1));
        }
        if (gated && n % 2 != 0) {
            throw new IllegalArgumentException("a gated weight of " + n + " rows has no halves");
        }
        require(context, weight + 1, n);
        long y = context.output(part, F32, rows, gated ? n / 2 : n).address();
        return new Part(context.input(weight).address(), address(context, weight + 1), y, n);
    }

    private static int weight(int part) {
        return FIRST_WEIGHT + 2 * part;
    }

    private static void require(KernelContext context, int input, long elements) {
        if (context.hasInput(input) && context.elements(input) != elements) {
            throw new IllegalArgumentException(
                    "input " + input + " has " + context.elements(input) + " values instead of " + elements);
        }
    }

    private static long address(KernelContext context, int input) {
        return context.hasInput(input) ? context.input(input).address() : 0;
    }
}
