package io.dipper.onnxruntime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/// Finds `libonnxruntime`: where `DIPPER_ORT_LIBRARY` (system property or environment) says, or out
/// of the Maven artefact, from which it is written once into a cache folder, under its digest.
final class NativeLibrary {
    static final String LIBRARY = "DIPPER_ORT_LIBRARY";
    static final String CACHE = "DIPPER_ORT_CACHE";

    private NativeLibrary() {}

    static Path locate() {
        return setting(LIBRARY).map(Path::of).map(Path::toAbsolutePath).orElseGet(() -> extracted(cacheFolder()));
    }

    /// What the library at `path` has, for as long as the process runs.
    ///
    /// @throws IllegalStateException naming it and the setting for another
    static SymbolLookup open(Path path) {
        try {
            return SymbolLookup.libraryLookup(path, Arena.global());
        } catch (IllegalArgumentException _) {
            // It says no more than that.
            throw new IllegalStateException(
                    "ONNX Runtime's library " + path + " cannot be opened: name one that can in " + LIBRARY);
        }
    }

    static Path extracted(Path cache) {
        String resource = resource(System.getProperty("os.name"), System.getProperty("os.arch"));
        try (var in = NativeLibrary.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("no " + resource + " on the class path: add the artefact"
                        + " com.microsoft.onnxruntime:onnxruntime, or name a library in " + LIBRARY);
            }
            return extract(in, cache, Path.of(resource).getFileName().toString());
        } catch (IOException e) {
            throw new IllegalStateException("ONNX Runtime's library cannot be written below " + cache + " (" + e
                    + "): name another folder in " + CACHE);
        }
    }

    /// Writes to a file of its own and renames it at the end, so that another process never loads
    /// half a library. Who comes second finds the file there, or replaces it by the same bytes; a
    /// process that has it mapped keeps what it has.
    static Path extract(InputStream in, Path cache, String name) throws IOException {
        Files.createDirectories(cache);
        var part = Files.createTempFile(cache, name, ".part");
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            try (OutputStream out = new DigestOutputStream(Files.newOutputStream(part), digest)) {
                in.transferTo(out);
            }
            var folder = Files.createDirectories(cache.resolve(HexFormat.of().formatHex(digest.digest(), 0, 16)));
            var library = folder.resolve(name);
            if (!Files.exists(library) || Files.size(library) != Files.size(part)) {
                Files.move(part, library, StandardCopyOption.ATOMIC_MOVE);
            }
            return library;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    static String resource(String os, String arch) {
        String machine = switch (arch) {
            case "amd64", "x86_64" -> "x64";
            case "aarch64", "arm64" -> "aarch64";
            default -> throw new IllegalStateException("no ONNX Runtime for " + arch + "; name one in " + LIBRARY);
        };
        String system = os.toLowerCase(Locale.ROOT);
        if (system.startsWith("linux")) {
            return "ai/onnxruntime/native/linux-" + machine + "/libonnxruntime.so";
        }
        if (system.startsWith("mac")) {
            return "ai/onnxruntime/native/osx-" + machine + "/libonnxruntime.dylib";
        }
        throw new IllegalStateException("no ONNX Runtime for " + os + "; name one in " + LIBRARY);
    }

    private static Path cacheFolder() {
        return setting(CACHE)
                .map(Path::of)
                .or(() -> setting("XDG_CACHE_HOME").map(home -> Path.of(home, "dipper", "onnxruntime")))
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "dipper", "onnxruntime"));
    }

    private static Optional<String> setting(String name) {
        return Optional.ofNullable(System.getProperty(name))
                .or(() -> Optional.ofNullable(System.getenv(name)))
                .filter(value -> !value.isBlank());
    }
}
