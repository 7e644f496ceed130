package io.dipper.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Text files that a command line names and that are read whole: regular, of a stated size, UTF-8.
public final class InputFile {
    public static final int MIB = 1 << 20;

    private InputFile() {}

    /// Reads a whole file.
    ///
    /// @throws Failure in one line that names the file, for anything else than such a file
    public static String read(Path file, int mostBytes) throws IOException {
        if (!Files.exists(file)) {
            throw Failure.badInput("no such file: " + file);
        }
        if (!Files.isRegularFile(file)) {
            throw Failure.badInput(
                    file + ": " + (Files.isDirectory(file) ? "is a folder, not a file" : "is no regular file"));
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(mostBytes + 1);
        }
        if (bytes.length > mostBytes) {
            throw Failure.badInput(file + ": has more than " + mostBytes + " bytes, the most that is read");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException _) {
            throw Failure.badInput(file + ": is not UTF-8");
        }
    }
}
