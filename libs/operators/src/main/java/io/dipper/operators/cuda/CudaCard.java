package io.dipper.operators.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One card with the kernels compiled for it. Opened, used and closed by the thread that owns the
/// session.
public final class CudaCard implements AutoCloseable {
    /// The oldest generation whose bfloat16 arithmetic the kernels need.
    private static final int OLDEST_CAPABILITY = 80;

    /// From here on a kernel may start before its predecessor is done, and blocks form clusters.
    private static final int OVERLAPPING_CAPABILITY = 90;

    static final int TICKETS = 1 << 14;

    private static final int DECLARED_SHARED_BYTES = 1024;

    private static final int LARGE_SHARED_BYTES = 199 << 10;

    /// Of each block's shared memory, for the system.
    private static final int RESERVED_SHARED_BYTES = 1024;

    /// Shared memory is given in pieces of so many bytes.
    private static final int SHARED_PIECE = 128;

    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"(.+)\"$");

    private final int ordinal;
    private final long context;
    private final String name;
    private final int computeCapability;
    private final int multiprocessors;
    private final int mostSharedBytes;
    private final boolean reachesHost;
    private final long freeAtOpening;
    private final KernelCompiler compiler;
    private final Map<List<String>, Long> modules = new HashMap<>();
    private final Blas blas;
    private final DeviceScratch scratch = new DeviceScratch();
    private final ProjectionForms projectionForms;
    private long tickets;

    private CudaCard(int ordinal) {
        this.ordinal = ordinal;
        int device = CudaDriver.device(ordinal);
        this.context = CudaDriver.context(device);
        CudaDriver.makeCurrent(context);
        this.name = CudaDriver.name(device);
        this.computeCapability = requireCapability(device);
        this.freeAtOpening = CudaMemory.free();
        this.compiler = new KernelCompiler(computeCapability);
        this.multiprocessors = CudaDriver.multiprocessors(device);
        this.mostSharedBytes = CudaDriver.mostSharedBytes(device);
        this.reachesHost = CudaDriver.canMapHostMemory(device);
        this.blas = new Blas();
        this.projectionForms = new ProjectionForms(this);
    }

    /// Finds the libraries, the card, and compiles what is not kept from before.
    ///
    /// @throws CudaException naming what is missing
    public static CudaCard open(int ordinal) {
        CudaVersions.installed().require();
        CudaLibraries.preload();
        return new CudaCard(ordinal);
    }

    /// What would be used: the card, its capability, and the libraries' versions. Takes no memory of it.
    ///
    /// @throws CudaException naming what is missing, or does not go together, and what to install
    public static String describe(int ordinal) {
        CudaVersions versions = CudaVersions.installed().require();
        CudaLibraries.preload();
        int device = CudaDriver.device(ordinal);
        return description(CudaDriver.name(device), requireCapability(device)) + "; " + versions;
    }

    private static int requireCapability(int device) {
        int capability = CudaDriver.computeCapability(device);
        if (capability < OLDEST_CAPABILITY) {
            throw new CudaException(CudaDriver.name(device) + " has compute capability " + capability / 10.0
                    + ", the oldest is " + OLDEST_CAPABILITY / 10.0);
        }
        return capability;
    }

    /// Whether NVIDIA's driver is installed; a card may be missing all the same.
    public static boolean isDriverPresent() {
        return CudaLibraries.hasDriver();
    }

    /// Bytes that nobody uses on a card; the calling thread uses that one from now on.
    ///
    /// @throws CudaException naming what is missing
    public static long freeBytes(int ordinal) {
        CudaLibraries.require();
        CudaDriver.makeCurrent(CudaDriver.context(CudaDriver.device(ordinal)));
        return CudaMemory.free();
    }

    public int ordinal() {
        return ordinal;
    }

    /// As the driver calls it, with its compute capability.
    public String description() {
        return description(name, computeCapability);
    }

    private static String description(String name, int capability) {
        return name + ", compute capability " + capability / 10.0;
    }

    /// Bytes that nobody uses.
    public long freeBytes() {
        return CudaMemory.free();
    }

    /// Bytes that nobody used when this was opened, before it took any.
    public long freeBytesAtOpening() {
        return freeAtOpening;
    }

    /// Bytes of what lives within one operator's work, as much as any run so far took.
    public long scratchBytes() {
        return scratch.bytes();
    }

    /// From now on captured graphs may point to the operators' memory.
    public void keepScratch() {
        scratch.keepAddress();
    }

    /// Takes zeroed memory of the card; the address is given back by [#free].
    public long allocate(long bytes) {
        long address = CudaMemory.allocate(bytes);
        CudaMemory.clear(address, bytes);
        return address;
    }

    /// The same, but with whatever lies there.
    public long allocateUncleared(long bytes) {
        return CudaMemory.allocate(bytes);
    }

    public void free(long address) {
        CudaMemory.free(address);
    }

    /// Page-locked memory of the host, for copies that run beside other work; given back by
    /// [#freeHost].
    public MemorySegment allocateHost(long bytes) {
        return MemorySegment.ofAddress(CudaMemory.allocateHost(bytes)).reinterpret(bytes);
    }

    /// Whether kernels can read and write what [#allocateHost] gives.
    public boolean reachesHost() {
        return reachesHost;
    }

    /// The address by which the card reaches what [#allocateHost] gave.
    public long seenByCard(MemorySegment host) {
        return CudaMemory.seenByCard(host.address());
    }

    public void freeHost(MemorySegment memory) {
        CudaMemory.freeHost(memory.address());
    }

    /// Lets the calling thread use the card. Every thread needs it once.
    public void use() {
        CudaDriver.makeCurrent(context);
    }

    /// Whether the process's context on this card is lost. Asked after a failure: it waits for all that was
    /// queued, and from now on the calling thread uses the card.
    public boolean isContextLost() {
        return CudaFault.of(CudaDriver.state(context)) == CudaFault.CONTEXT_LOST;
    }

    /// The same for a card that could not be opened, for one; false where there is none.
    public static boolean isContextLost(int ordinal) {
        if (!isDriverPresent()) {
            return false;
        }
        try {
            int state = CudaDriver.state(CudaDriver.context(CudaDriver.device(ordinal)));
            return CudaFault.of(state) == CudaFault.CONTEXT_LOST;
        } catch (CudaException e) {
            return CudaFault.of(e) == CudaFault.CONTEXT_LOST;
        }
    }

    /// Whether blocks can see each other's shared memory.
    boolean hasClusters() {
        return computeCapability >= OVERLAPPING_CAPABILITY;
    }

    /// Whether warp groups multiply from shared memory, which this generation alone does.
    boolean hasWarpGroups() {
        return computeCapability == OVERLAPPING_CAPABILITY;
    }

    /// How many blocks run at once at least.
    int multiprocessors() {
        return multiprocessors;
    }

    /// Of one block.
    int mostSharedBytes() {
        return mostSharedBytes;
    }

    /// For a block that is to have no other of its kind on its multiprocessor: while the kernel before still
    /// runs on some of them, others would get two blocks, and those none.
    int loneSharedBytes() {
        return halfSharedBytes(mostSharedBytes) + SHARED_PIECE;
    }

    /// What two blocks of a multiprocessor have each, with what they declare themselves, where one has so many.
    static int halfSharedBytes(int mostSharedBytes) {
        return (mostSharedBytes + RESERVED_SHARED_BYTES) / 2 - RESERVED_SHARED_BYTES;
    }

    /// Whether blocks may be as large as on servers' cards from compute capability 9.0 on: 8.0 has less, and
    /// workstations' cards of any generation have.
    boolean hasLargeBlocks() {
        return usableSharedBytes() >= LARGE_SHARED_BYTES;
    }

    /// What a kernel that declares next to nothing itself may be given at its launch.
    int usableSharedBytes() {
        return mostSharedBytes - DECLARED_SHARED_BYTES;
    }

    /// [#TICKETS] integers by which the blocks of a kernel find out who is the last. They are zeros when
    /// a kernel begins, after its predecessor, and it leaves them so.
    long tickets() {
        if (tickets == 0) {
            tickets = allocate(TICKETS * (long) Integer.BYTES);
        }
        return tickets;
    }

    public CudaStream newStream() {
        return new CudaStream();
    }

    /// A kernel of `file.cu`, compiled with these definitions (`NAME=value`) when it is first asked for.
    CudaKernel kernel(String file, String name, String... defines) {
        List<String> key = new ArrayList<>(List.of(defines));
        key.addFirst(file);
        long module = modules.computeIfAbsent(
                List.copyOf(key),
                _ -> CudaFunctions.load(compiler.compile(file, kernelSource(file), List.of(defines))));
        return new CudaKernel(CudaFunctions.function(module, name), computeCapability >= OVERLAPPING_CAPABILITY);
    }

    Blas blas() {
        return blas;
    }

    /// Which kernels projections take here.
    ProjectionForms projectionForms() {
        return projectionForms;
    }

    /// Memory for what lives within one operator's work.
    DeviceScratch scratch() {
        return scratch;
    }

    /// The text of `file.cu` behind what all kernels share, with what it includes: the compiler finds no files.
    static String kernelSource(String file) {
        return source("common.cuh")
                + INCLUDE.matcher(source(file + ".cu"))
                        .replaceAll(include -> Matcher.quoteReplacement(source(include.group(1))));
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
        if (tickets != 0) {
            free(tickets);
            tickets = 0;
        }
        blas.close();
        modules.values().forEach(CudaFunctions::unload);
        modules.clear();
        compiler.close();
    }
}
