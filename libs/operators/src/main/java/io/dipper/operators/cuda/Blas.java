package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/// Large matrix products by cuBLAS: bfloat16 factors, float32 sums and results.
final class Blas implements AutoCloseable {
    private static final SymbolLookup LIBRARY = CudaLibraries.blas();
    private static final MethodHandle CREATE = CudaDriver.handle(LIBRARY, "cublasCreate_v2", JAVA_LONG);
    private static final MethodHandle DESTROY = CudaDriver.handle(LIBRARY, "cublasDestroy_v2", JAVA_LONG);
    private static final MethodHandle STREAM = CudaDriver.handle(LIBRARY, "cublasSetStream_v2", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WORKSPACE =
            CudaDriver.handle(LIBRARY, "cublasSetWorkspace_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PRODUCT = CudaDriver.handle(
            LIBRARY,
            "cublasGemmEx",
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT);

    private static final MethodHandle PRODUCTS = CudaDriver.handle(
            LIBRARY,
            "cublasGemmStridedBatchedEx",
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT);

    private static final String NAME = "cuBLAS";
    private static final int PLAIN = 0;
    private static final int TRANSPOSED = 1;
    private static final int FLOAT32 = 0;
    private static final int BFLOAT16 = 14;
    private static final int SUMS_IN_FLOAT32 = 68;
    private static final int DEFAULT_ALGORITHM = -1;

    /// What NVIDIA recommends for cards of generation 9.0. Given once, so that nothing is allocated later.
    static final long WORKSPACE_BYTES = 32L << 20;

    private final long handle = CudaDriver.create(NAME, "starting cuBLAS", out -> (int) CREATE.invokeExact(out));
    private final long workspace = CudaMemory.allocate(WORKSPACE_BYTES);
    private final MemorySegment one = Arena.ofAuto().allocateFrom(JAVA_FLOAT, 1f);
    private final MemorySegment zero = Arena.ofAuto().allocateFrom(JAVA_FLOAT, 0f);

    private final SummedProducts summed = new SummedProducts(workspace, WORKSPACE_BYTES);
    private long chosen = -1;

    /// `y [m, n] = x [m, k] · weightᵀ [k, n]`, all row by row; `x` and `weight` are bfloat16.
    void product(long x, long weight, long y, int m, int n, int k, long stream) {
        choose(stream);
        // cuBLAS counts by columns: what is row by row here is the transposed matrix there.
        CudaDriver.call(NAME, "a matrix product", () -> (int) PRODUCT.invokeExact(
                handle,
                TRANSPOSED,
                PLAIN,
                n,
                m,
                k,
                one.address(),
                weight,
                BFLOAT16,
                k,
                x,
                BFLOAT16,
                k,
                zero.address(),
                y,
                FLOAT32,
                n,
                SUMS_IN_FLOAT32,
                DEFAULT_ALGORITHM));
    }

    /// Products to which something is added.
    SummedProducts summed() {
        return summed;
    }

    /// Factors of many products of one shape, bfloat16, as cuBLAS counts: column by column.
    ///
    /// @param leading values from one column to the next
    /// @param stride values from one product's factor to the next one's
    record Factor(long address, int leading, long stride, boolean transposed) {
        private int operation() {
            return transposed ? TRANSPOSED : PLAIN;
        }
    }

    /// Where the results go, column by column, as bfloat16 or float32.
    record Result(long address, int leading, long stride, boolean rounded) {}

    /// Each of `count` products is `[rows, inner] · [inner, columns]`.
    record Measures(int rows, int columns, int inner, int count) {}

    /// Many products of one shape at once; sums are float32.
    void products(Factor a, Factor b, Result result, Measures measures, long stream) {
        if (measures.columns() == 0) {
            return;
        }
        choose(stream);
        CudaDriver.call(NAME, "matrix products", () -> (int) PRODUCTS.invokeExact(
                handle,
                a.operation(),
                b.operation(),
                measures.rows(),
                measures.columns(),
                measures.inner(),
                one.address(),
                a.address(),
                BFLOAT16,
                a.leading(),
                a.stride(),
                b.address(),
                BFLOAT16,
                b.leading(),
                b.stride(),
                zero.address(),
                result.address(),
                result.rounded() ? BFLOAT16 : FLOAT32,
                result.leading(),
                result.stride(),
                measures.count(),
                SUMS_IN_FLOAT32,
                DEFAULT_ALGORITHM));
    }

    /// Choosing a stream makes cuBLAS forget the workspace that it was given.
    private void choose(long stream) {
        if (stream != chosen) {
            CudaDriver.call(NAME, "choosing cuBLAS's stream", () -> (int) STREAM.invokeExact(handle, stream));
            CudaDriver.call(NAME, "giving cuBLAS memory", () ->
                    (int) WORKSPACE.invokeExact(handle, workspace, WORKSPACE_BYTES));
            chosen = stream;
        }
    }

    @Override
    public void close() {
        summed.close();
        CudaDriver.call(NAME, "ending cuBLAS", () -> (int) DESTROY.invokeExact(handle));
        CudaMemory.free(workspace);
    }
}
