package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// CUDA C++ to machine code for one generation of cards, by NVRTC. What was compiled is kept on
/// disk under a digest of source, options and compiler version.
final class KernelCompiler implements AutoCloseable {
    private static final String NAME = "NVRTC";
    static final String CACHE = "DIPPER_CUDA_CACHE";

    private static final SymbolLookup NVRTC = CudaLibraries.runtimeCompiler();
    private static final MethodHandle VERSION = CudaDriver.handle(NVRTC, "nvrtcVersion", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle CREATE = CudaDriver.handle(
            NVRTC, "nvrtcCreateProgram", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle COMPILE =
            CudaDriver.handle(NVRTC, "nvrtcCompileProgram", JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static final MethodHandle SIZE = CudaDriver.handle(NVRTC, "nvrtcGetCUBINSize", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle BINARY = CudaDriver.handle(NVRTC, "nvrtcGetCUBIN", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle LOG_SIZE =
            CudaDriver.handle(NVRTC, "nvrtcGetProgramLogSize", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle LOG = CudaDriver.handle(NVRTC, "nvrtcGetProgramLog", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DESTROY = CudaDriver.handle(NVRTC, "nvrtcDestroyProgram", JAVA_LONG);

    private final List<String> general;

    @SuppressWarnings("MustBeClosed") // closed by close()
    private final Arena binaries = Arena.ofShared();

    KernelCompiler(int computeCapability) {
        // What compiled code is for this card alone, so it may have what later generations lack.
        String alone = computeCapability == 90 ? "a" : "";
        this.general = List.of("--gpu-architecture=sm_" + computeCapability + alone, "--std=c++17");
    }

    /// The machine code, kept off-heap until this is closed: a loaded module may refer to it.
    ///
    /// @param defines as `NAME=value`
    MemorySegment compile(String name, String source, List<String> defines) {
        List<String> options = new ArrayList<>(general);
        defines.forEach(define -> options.add("-D" + define));
        Path kept = cacheFolder().resolve(digest(source, options) + ".cubin");
        try {
            if (!Files.exists(kept)) {
                byte[] translated = translate(name, source, options);
                Files.createDirectories(kept.getParent());
                Path part = Files.createTempFile(kept.getParent(), name, ".part");
                Files.write(part, translated);
                Files.move(part, kept, StandardCopyOption.ATOMIC_MOVE);
            }
            byte[] binary = Files.readAllBytes(kept);
            return binaries.allocate(binary.length, 64).copyFrom(MemorySegment.ofArray(binary));
        } catch (IOException e) {
            throw new UncheckedIOException("keeping compiled kernels in " + kept.getParent(), e);
        }
    }

    private byte[] translate(String name, String source, List<String> options) {
        try (Arena arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(source).address();
            long file = arena.allocateFrom(name + ".cu").address();
            long program = CudaDriver.create(
                    NAME, "preparing " + name, out -> (int) CREATE.invokeExact(out, text, file, 0, 0L, 0L));
            MemorySegment arguments = arena.allocate(ADDRESS, options.size());
            for (int i = 0; i < options.size(); i++) {
                arguments.setAtIndex(ADDRESS, i, arena.allocateFrom(options.get(i)));
            }
            try {
                CudaDriver.call(NAME, "compiling " + name, () ->
                        (int) COMPILE.invokeExact(program, options.size(), arguments.address()));
            } catch (CudaException e) {
                throw new CudaException(e.getMessage() + ":\n" + log(program, arena));
            }
            long size = CudaDriver.create(NAME, "compiling " + name, out -> (int) SIZE.invokeExact(program, out));
            MemorySegment binary = arena.allocate(size);
            CudaDriver.call(NAME, "compiling " + name, () -> (int) BINARY.invokeExact(program, binary.address()));
            destroy(program, arena);
            return binary.toArray(JAVA_BYTE);
        }
    }

    private static String log(long program, Arena arena) {
        long size =
                CudaDriver.create(NAME, "reading the compiler's log", out -> (int) LOG_SIZE.invokeExact(program, out));
        MemorySegment text = arena.allocate(size + 1);
        CudaDriver.call(NAME, "reading the compiler's log", () -> (int) LOG.invokeExact(program, text.address()));
        return text.getString(0);
    }

    private static void destroy(long program, Arena arena) {
        MemorySegment pointer = arena.allocateFrom(JAVA_LONG, program);
        CudaDriver.call(NAME, "ending a compilation", () -> (int) DESTROY.invokeExact(pointer.address()));
    }

    private static String digest(String source, List<String> options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(JAVA_INT, 2);
            CudaDriver.call(NAME, "asking NVRTC's version", () ->
                    (int) VERSION.invokeExact(version.address(), version.address() + 4));
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(version.toArray(JAVA_BYTE));
            digest.update(String.join(" ", options).getBytes(StandardCharsets.UTF_8));
            digest.update(source.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// After the last module was unloaded.
    @Override
    public void close() {
        binaries.close();
    }

    private static Path cacheFolder() {
        return setting(CACHE)
                .map(Path::of)
                .or(() -> Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                        .map(home -> Path.of(home, "dipper", "cuda")))
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "dipper", "cuda"));
    }

    private static Optional<String> setting(String name) {
        return Optional.ofNullable(System.getProperty(name))
                .or(() -> Optional.ofNullable(System.getenv(name)))
                .filter(value -> !value.isBlank());
    }
}
