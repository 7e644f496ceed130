package io.dipper.operators.cuda;

import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Finds NVIDIA's libraries: among the files that `DIPPER_CUDA_LIBRARIES` (system property or
/// environment, separated like a path) names, else by their usual names where the system's loader
/// looks.
final class CudaLibraries {
    static final String SETTING = "DIPPER_CUDA_LIBRARIES";

    private static final String TOOLKIT = "install it from CUDA 12 or 13";

    private CudaLibraries() {}

    /// The driver: it comes with the card, not with the toolkit.
    static SymbolLookup driver() {
        return find(
                "libcuda",
                "the NVIDIA driver",
                "install the card's driver, or give the container the host's cards",
                List.of("libcuda.so.1"));
    }

    static boolean hasDriver() {
        try {
            driver();
            return true;
        } catch (CudaException _) {
            return false;
        }
    }

    static SymbolLookup runtimeCompiler() {
        return find(
                "libnvrtc", "NVIDIA's run-time compiler (NVRTC)", TOOLKIT, List.of("libnvrtc.so.13", "libnvrtc.so.12"));
    }

    static SymbolLookup blas() {
        return find("libcublas", "cuBLAS", TOOLKIT, List.of("libcublas.so.13", "libcublas.so.12"));
    }

    /// cuBLAS's own foundation.
    static SymbolLookup light() {
        return find("libcublasLt", "cuBLASLt", TOOLKIT, List.of("libcublasLt.so.13", "libcublasLt.so.12"));
    }

    /// Finds them all, so that what is missing is told before anything is started.
    ///
    /// @throws CudaException naming what is missing and how to get it
    static void require() {
        driver();
        runtimeCompiler();
        blas();
        light();
    }

    /// Loads every file that the setting names, in its order, so that ONNX Runtime's provider finds
    /// what it is linked against. Does nothing without the setting.
    static void preload() {
        for (Path file : named()) {
            // System.load keeps a library for ever, as the provider needs it.
            System.load(file.toString());
        }
    }

    /// @throws CudaException naming what is missing and how to get it
    private static SymbolLookup find(String prefix, String what, String remedy, List<String> names) {
        List<String> tried = new ArrayList<>();
        for (Path file : named()) {
            if (file.getFileName().toString().startsWith(prefix + ".")) {
                tried.add(file.toString());
            }
        }
        tried.addAll(names);
        for (String name : tried) {
            try {
                return SymbolLookup.libraryLookup(name, Arena.global());
            } catch (IllegalArgumentException _) {
                // The next name may be the one.
            }
        }
        throw new CudaException(what + " is missing: looked for " + String.join(", ", tried) + "; " + remedy
                + ", or name its file in " + SETTING);
    }

    private static List<Path> named() {
        return Optional.ofNullable(System.getProperty(SETTING))
                .or(() -> Optional.ofNullable(System.getenv(SETTING)))
                .stream()
                .flatMap(text -> Arrays.stream(text.split(File.pathSeparator, -1)))
                .filter(text -> !text.isBlank())
                .map(text -> Path.of(text).toAbsolutePath())
                .filter(Files::exists)
                .toList();
    }
}
