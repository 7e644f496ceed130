package io.dipper.servicesupport.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What PostgreSQL's programs print.
final class PostgresOutput {
    private static final Pattern PROBLEM = Pattern.compile("\\b(?:error|ERROR|FATAL|PANIC): .*");
    private static final int MOST_BYTES = 1 << 16;

    private PostgresOutput() {}

    /// The line that says what went wrong: the last that tells an error, for those after it may be about clearing
    /// up.
    ///
    /// @return the line without time and process; the last one where none tells an error, empty if there is none
    static String problem(List<String> lines) {
        for (String line : lines.reversed()) {
            Matcher problem = PROBLEM.matcher(line);
            if (problem.find()) {
                return problem.group();
            }
        }
        return lines.reversed().stream()
                .filter(line -> !line.isBlank())
                .findFirst()
                .orElse("");
    }

    /// What was written to a log since it had a size, in bytes; nothing if it cannot be read.
    static List<String> since(Path log, long size) {
        try (var channel = Files.newByteChannel(log)) {
            var bytes = ByteBuffer.allocate(MOST_BYTES);
            channel.position(size);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException _) {
            return List.of();
        }
    }
}
