package io.dipper.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutputFileTest {
    private static final int LARGE = 3 << 20;

    @TempDir
    Path folder;

    /// A file's digest is that of what lies on the disk.
    private void assertWritten(StoredFile stored, byte[] expected) throws IOException {
        Path file = folder.resolve(stored.name());
        assertThat(Files.readAllBytes(file)).isEqualTo(expected);
        assertThat(stored.bytes()).isEqualTo(expected.length);
        assertThat(stored.sha256()).isEqualTo(Digests.sha256(file, Progress.NONE));
    }

    private static byte[] filled(MemorySegment memory) {
        for (long i = 0; i < memory.byteSize(); i++) {
            memory.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 + i / 251));
        }
        return memory.toArray(ValueLayout.JAVA_BYTE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void largePiecesAreHashedWhoeverMayReadTheirMemory(boolean confined) throws IOException {
        try (Arena arena = confined ? Arena.ofConfined() : Arena.ofShared();
                OutputFile out = OutputFile.create(folder.resolve("large"))) {
            MemorySegment memory = arena.allocate(LARGE);
            byte[] expected = filled(memory);
            out.write(memory);
            assertWritten(out.finish(), expected);
        }
    }

    @Test
    void piecesFilledSideBySideAreWrittenInTheirOrder() throws IOException {
        int pieces = 200;
        int bytes = 5000;
        byte[] expected = new byte[pieces * bytes];
        try (OutputFile out = OutputFile.create(folder.resolve("pieces"));
                PieceWriter writer = new PieceWriter(out)) {
            for (int i = 0; i < pieces; i++) {
                byte value = (byte) i;
                Arrays.fill(expected, i * bytes, (i + 1) * bytes, value);
                writer.add(bytes, piece -> piece.fill(value));
            }
            writer.finish();
            assertWritten(out.finish(), expected);
        }
    }

    @Test
    void aPieceThatCannotBeFilledEndsTheFile() throws IOException {
        try (OutputFile out = OutputFile.create(folder.resolve("broken"));
                PieceWriter writer = new PieceWriter(out)) {
            writer.add(8, _ -> {
                throw new IOException("no more data");
            });
            assertThatThrownBy(writer::finish).isInstanceOf(IOException.class).hasMessage("no more data");
        }
    }
}
