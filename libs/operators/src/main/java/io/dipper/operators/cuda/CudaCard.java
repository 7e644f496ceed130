package io.dipper.operators.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// One card with the kernels compiled for it. Opened, used and closed by the thread that owns the
/// session.
public final class CudaCard implements AutoCloseable {
    /// The oldest generation whose bfloat16 arithmetic the kernels need.
    private static final int OLDEST_CAPABILITY = 80;

    private final int ordinal;
    private final String name;
    private final int computeCapability;
    private final long linear;
    private final long rows;
    private final long attention;
    private final long latent;
    private final long delta;
    private final long experts;
    private final Blas blas;
    private final DeviceScratch scratch = new DeviceScratch();

    private CudaCard(int ordinal) {
        this.ordinal = ordinal;
        int device = CudaDriver.open(ordinal);
        this.name = CudaDriver.name(device);
        this.computeCapability = CudaDriver.computeCapability(device);
        if (computeCapability < OLDEST_CAPABILITY) {
            throw new CudaException(name + " has compute capability " + computeCapability / 10.0 + ", the oldest is "
                    + OLDEST_CAPABILITY / 10.0);
        }
        var compiler = new KernelCompiler(computeCapability);
        String common = source("common.cuh");
        this.linear = module(compiler, common, "linear");
        this.rows = module(compiler, common, "rows");
        this.attention = module(compiler, common, "attention");
        this.latent = module(compiler, common, "latent");
        this.delta = module(compiler, common, "delta");
        this.experts = module(compiler, common, "experts");
        this.blas = new Blas();
    }

    /// Finds the libraries, the card, and compiles what is not kept from before.
    ///
    /// @throws CudaException naming what is missing
    public static CudaCard open(int ordinal) {
        CudaLibraries.require();
        CudaLibraries.preload();
        return new CudaCard(ordinal);
    }

    public int ordinal() {
        return ordinal;
    }

    /// As the driver calls it, with its compute capability.
    public String description() {
        return name + ", compute capability " + computeCapability / 10.0;
    }

    /// Bytes that nobody uses.
    public long freeBytes() {
        return CudaDriver.freeMemory();
    }

    /// Takes zeroed memory of the card; the address is given back by [#free].
    public long allocate(long bytes) {
        long address = CudaDriver.allocate(bytes);
        CudaDriver.clear(address, bytes);
        return address;
    }

    public void free(long address) {
        CudaDriver.free(address);
    }

    CudaKernel linear(String kernel) {
        return new CudaKernel(CudaDriver.function(linear, kernel));
    }

    CudaKernel rows(String kernel) {
        return new CudaKernel(CudaDriver.function(rows, kernel));
    }

    CudaKernel attention(String kernel) {
        return new CudaKernel(CudaDriver.function(attention, kernel));
    }

    CudaKernel latent(String kernel) {
        return new CudaKernel(CudaDriver.function(latent, kernel));
    }

    CudaKernel delta(String kernel) {
        return new CudaKernel(CudaDriver.function(delta, kernel));
    }

    CudaKernel experts(String kernel) {
        return new CudaKernel(CudaDriver.function(experts, kernel));
    }

    Blas blas() {
        return blas;
    }

    /// Memory for what lives within one operator's work.
    DeviceScratch scratch() {
        return scratch;
    }

    private static long module(KernelCompiler compiler, String common, String name) {
        return CudaDriver.load(compiler.compile(name, common + source(name + ".cu")));
    }

    private static String source(String file) {
        try (InputStream in = CudaCard.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("the class path lacks " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(file, e);
        }
    }

    @Override
    public void close() {
        scratch.close();
        blas.close();
    }
}
