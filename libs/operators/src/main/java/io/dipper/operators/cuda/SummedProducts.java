package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Large matrix products to which something is added while their sums are still in registers, by cuBLASLt: bfloat16
/// factors, float32 sums, summands and results.
final class SummedProducts implements AutoCloseable {
    private static final SymbolLookup LIBRARY = CudaLibraries.light();
    private static final MethodHandle CREATE = CudaDriver.handle(LIBRARY, "cublasLtCreate", JAVA_LONG);
    private static final MethodHandle DESTROY = CudaDriver.handle(LIBRARY, "cublasLtDestroy", JAVA_LONG);
    private static final MethodHandle DESCRIBE =
            CudaDriver.handle(LIBRARY, "cublasLtMatmulDescCreate", JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle SET =
            CudaDriver.handle(LIBRARY, "cublasLtMatmulDescSetAttribute", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FORGET = CudaDriver.handle(LIBRARY, "cublasLtMatmulDescDestroy", JAVA_LONG);
    private static final MethodHandle LAY_OUT = CudaDriver.handle(
            LIBRARY, "cublasLtMatrixLayoutCreate", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FORGET_LAYOUT =
            CudaDriver.handle(LIBRARY, "cublasLtMatrixLayoutDestroy", JAVA_LONG);
    private static final MethodHandle PREFER = CudaDriver.handle(LIBRARY, "cublasLtMatmulPreferenceCreate", JAVA_LONG);
    private static final MethodHandle SET_PREFERENCE = CudaDriver.handle(
            LIBRARY, "cublasLtMatmulPreferenceSetAttribute", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FORGET_PREFERENCE =
            CudaDriver.handle(LIBRARY, "cublasLtMatmulPreferenceDestroy", JAVA_LONG);
    private static final MethodHandle CHOOSE = CudaDriver.handle(
            LIBRARY,
            "cublasLtMatmulAlgoGetHeuristic",
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG);
    private static final MethodHandle MULTIPLY = CudaDriver.handle(
            LIBRARY,
            "cublasLtMatmul",
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG);

    private static final String NAME = "cuBLASLt";
    private static final int FLOAT32 = 0;
    private static final int BFLOAT16 = 14;
    private static final int SUMS_IN_FLOAT32 = 68;
    private static final int FIRST_TRANSPOSED = 3;
    private static final int EPILOGUE = 7;
    private static final int BIAS_ADDRESS = 8;
    private static final int TRANSPOSED = 1;
    private static final int ADDS_BIAS = 4;
    private static final int MOST_WORKSPACE = 1;

    /// Of `cublasLtMatmulHeuristicResult_t`, which begins with the algorithm.
    private static final long CHOICE_BYTES = 96;

    /// Shapes that are kept: prompts have any number of tokens.
    private static final int MOST_PLANS = 512;

    /// `y [m, n] = x [m, k] · weightᵀ [k, n]` and what is added to it.
    record Measures(int m, int n, int k, boolean bias, boolean residual) {}

    private record Plan(long description, long weight, long x, long y, Optional<MemorySegment> algorithm) {}

    private final long handle = CudaDriver.create(NAME, "starting cuBLASLt", out -> (int) CREATE.invokeExact(out));
    private final long workspace;
    private final long workspaceBytes;
    private final MemorySegment one = Arena.ofAuto().allocateFrom(JAVA_FLOAT, 1f);
    private final MemorySegment zero = Arena.ofAuto().allocateFrom(JAVA_FLOAT, 0f);
    private final MemorySegment value = Arena.ofAuto().allocate(JAVA_LONG);
    private final Map<Measures, Plan> plans = new LinkedHashMap<>();

    /// @param workspace of the card, which others may use before and after a product on the same stream
    SummedProducts(long workspace, long workspaceBytes) {
        this.workspace = workspace;
        this.workspaceBytes = workspaceBytes;
    }

    /// All row by row, `x` and `weight` bfloat16, the others float32. `bias` and `residual` are 0 where there is none;
    /// the residual may lie where y does.
    ///
    /// @return whether it was done; cuBLASLt has not something for every shape
    boolean product(long x, long weight, long bias, long residual, long y, Measures of, long stream) {
        Plan plan = plans.get(of);
        if (plan == null) {
            plan = plan(of);
            plans.put(of, plan);
            if (plans.size() > MOST_PLANS) {
                forget(plans.remove(plans.keySet().iterator().next()));
            }
        }
        if (plan.algorithm().isEmpty()) {
            return false;
        }
        if (of.bias()) {
            set(plan.description(), BIAS_ADDRESS, bias, Long.BYTES);
        }
        Plan chosen = plan;
        long algorithm = plan.algorithm().get().address();
        long added = of.residual() ? residual : y;
        long share = of.residual() ? one.address() : zero.address();
        CudaDriver.call(NAME, "a matrix product", () -> (int) MULTIPLY.invokeExact(
                handle,
                chosen.description(),
                one.address(),
                weight,
                chosen.weight(),
                x,
                chosen.x(),
                share,
                added,
                chosen.y(),
                y,
                chosen.y(),
                algorithm,
                workspace,
                workspaceBytes,
                stream));
        return true;
    }

    private void set(long description, int attribute, long number, long bytes) {
        value.set(JAVA_LONG, 0, number);
        CudaDriver.call(NAME, "describing a matrix product", () ->
                (int) SET.invokeExact(description, attribute, value.address(), bytes));
    }

    /// cuBLAS counts by columns: what is row by row here is the transposed matrix there.
    private Plan plan(Measures of) {
        long description = CudaDriver.create(
                NAME, "describing a matrix product", out -> (int) DESCRIBE.invokeExact(out, SUMS_IN_FLOAT32, FLOAT32));
        set(description, FIRST_TRANSPOSED, TRANSPOSED, Integer.BYTES);
        if (of.bias()) {
            set(description, EPILOGUE, ADDS_BIAS, Integer.BYTES);
        }
        long weight = layout(BFLOAT16, of.k(), of.n());
        long x = layout(BFLOAT16, of.k(), of.m());
        long y = layout(FLOAT32, of.n(), of.m());
        long preference = CudaDriver.create(NAME, "choosing a matrix product", out -> (int) PREFER.invokeExact(out));
        value.set(JAVA_LONG, 0, workspaceBytes);
        CudaDriver.call(NAME, "choosing a matrix product", () ->
                (int) SET_PREFERENCE.invokeExact(preference, MOST_WORKSPACE, value.address(), (long) Long.BYTES));
        MemorySegment choice = Arena.ofAuto().allocate(CHOICE_BYTES, 16);
        MemorySegment count = Arena.ofAuto().allocate(JAVA_INT);
        int status;
        try {
            status = (int) CHOOSE.invokeExact(
                    handle, description, weight, x, y, y, preference, 1, choice.address(), count.address());
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        CudaDriver.call(NAME, "choosing a matrix product", () -> (int) FORGET_PREFERENCE.invokeExact(preference));
        boolean found = status == 0 && count.get(JAVA_INT, 0) > 0;
        return new Plan(description, weight, x, y, Optional.of(choice).filter(_ -> found));
    }

    private static long layout(int type, long rows, long columns) {
        return CudaDriver.create(
                NAME, "describing a matrix", out -> (int) LAY_OUT.invokeExact(out, type, rows, columns, rows));
    }

    private static void forget(Plan plan) {
        CudaDriver.call(NAME, "forgetting a matrix product", () -> (int) FORGET.invokeExact(plan.description()));
        for (long layout : new long[] {plan.weight(), plan.x(), plan.y()}) {
            CudaDriver.call(NAME, "forgetting a matrix", () -> (int) FORGET_LAYOUT.invokeExact(layout));
        }
    }

    @Override
    public void close() {
        plans.values().forEach(SummedProducts::forget);
        plans.clear();
        CudaDriver.call(NAME, "ending cuBLASLt", () -> (int) DESTROY.invokeExact(handle));
    }
}
