package io.dipper.engineort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Zero memory of which only the pages that are written become resident: a private mapping of a
/// hole in a file that is already deleted. An arena's own allocation would touch every page to
/// clear it.
final class LazyMemory {
    private LazyMemory() {}

    static MemorySegment allocate(long bytes, Arena arena) {
        try {
            Path hole = Files.createTempFile("dipper-kv-", ".hole");
            try (var channel = FileChannel.open(hole, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                channel.truncate(0);
                return channel.map(MapMode.PRIVATE, 0, bytes, arena);
            } finally {
                Files.delete(hole);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reserving " + bytes + " bytes for keys and values failed", e);
        }
    }
}
