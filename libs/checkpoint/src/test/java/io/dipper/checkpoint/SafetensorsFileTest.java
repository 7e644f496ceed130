package io.dipper.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsFileTest {
    @TempDir
    Path folder;

    @Test
    void whatTheWriterWroteIsReadBack() throws IOException {
        Path file = folder.resolve("model.safetensors");
        float[] values = {1, -2, 0.5f, 3, 65504, -0.0f};
        StoredFile stored = SafetensorsWriter.write(
                file,
                Map.of("format", "pt"),
                List.of(
                        tensor("a", StoredType.F32, values, 2, 3),
                        tensor("b", StoredType.BF16, values, 6),
                        tensor("c", StoredType.F16, values, 3, 2),
                        tensor("scalar", StoredType.F32, new float[] {7}),
                        tensor("empty", StoredType.F32, new float[0], 0, 4)),
                Progress.NONE);

        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            assertThat(read.metadata()).containsExactly(Map.entry("format", "pt"));
            assertThat(read.tensors().sequencedKeySet()).containsExactly("a", "b", "c", "scalar", "empty");
            assertThat(read.tensor("a").shape()).containsExactly(2, 3);
            assertThat(floats(read, "a")).containsExactly(values);
            assertThat(floats(read, "b")).containsExactly(1, -2, 0.5f, 3, 65536, -0.0f);
            assertThat(floats(read, "c")).containsExactly(values);
            assertThat(floats(read, "scalar")).containsExactly(7);
            assertThat(floats(read, "empty")).isEmpty();
            assertThat(read.map(read.tensor("a")).isReadOnly()).isTrue();
        }
        assertThat(stored.bytes()).isEqualTo(Files.size(file));
        assertThat(stored.sha256()).isEqualTo(Digests.sha256(file, Progress.NONE));
    }

    @Test
    void aTensorBeyondTwoGibibytesIsMapped() throws IOException {
        Path file = folder.resolve("large.safetensors");
        long large = 3L << 30;
        String header = """
                {"large":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]},\
                "last":{"dtype":"F32","shape":[1],"data_offsets":[%d,%d]}}""".formatted(large, large, large, large + 4);
        write(file, header, 0);
        long dataStart = Files.size(file);
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.seek(dataStart + large);
            sparse.write(new byte[] {0, 0, (byte) 0x80, 0x3f});
        }

        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            assertThat(read.map(read.tensor("large")).byteSize()).isEqualTo(large);
            assertThat(read.map(read.tensor("large")).get(ValueLayout.JAVA_BYTE, large - 1))
                    .isZero();
            assertThat(floats(read, "last")).containsExactly(1);
        }
    }

    static Stream<Arguments> lies() {
        return Stream.of(
                lie("not an object", "[]", 0, "header", "is not a JSON object"),
                lie("broken JSON", "{\"a\":", 0, "header", ""),
                lie("text after the object", "{} {}", 0, "header", "goes on"),
                lie("entry", "{\"a\":5}", 0, "'a'", "is not an object"),
                lie("unknown dtype", entry("F7", "[1]", "[0,4]"), 4, "'a': dtype", "'F7' is not known"),
                lie("dtype is a number", entry(7, "[1]", "[0,4]"), 4, "'a': dtype", "is not a text"),
                lie("no dtype", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "'a': dtype", "is missing"),
                lie("no offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "'a': data_offsets", "is missing"),
                lie("unknown field", "{\"a\":{\"strides\":[1]}}", 4, "'a': 'strides'", "no field"),
                lie("size against shape", entry("F32", "[2]", "[0,4]"), 4, "'a': shape", "needs 8 bytes"),
                lie("odd bytes", entry("BF16", "[2]", "[0,3]"), 3, "'a': shape", "needs 4 bytes"),
                lie("past the end", entry("F32", "[2]", "[0,8]"), 4, "'a': data_offsets", "past the file's 4"),
                lie("backwards", entry("F32", "[1]", "[4,0]"), 4, "'a': data_offsets", "no begin and end"),
                lie("one offset", entry("F32", "[1]", "[4]"), 4, "'a': data_offsets", "no begin and end"),
                lie("negative offset", entry("F32", "[1]", "[-4,0]"), 4, "'a': data_offsets", "out of range"),
                lie("fractional offset", entry("F32", "[1]", "[0,4.0]"), 4, "'a': data_offsets", "no whole number"),
                lie("offset over 64 bits", entry("F32", "[1]", "[0,18446744073709551620]"), 4, "'a': data_offsets", ""),
                lie("negative size", entry("F32", "[-1,-1]", "[0,4]"), 4, "'a': shape", "out of range"),
                lie("product overflows", entry("F32", "[4294967296,4294967296,1]", "[0,4]"), 4, "'a': shape", "larger"),
                lie(
                        "overflow behind zero",
                        entry("F32", "[4611686018427387904,8,0]", "[0,0]"),
                        0,
                        "'a': shape",
                        "larger"),
                lie("bytes overflow", entry("F32", "[4611686018427387904]", "[0,0]"), 0, "'a': shape", "larger"),
                lie(
                        "rank",
                        entry("F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]"),
                        4,
                        "'a': shape",
                        "more than 16"),
                lie("hole", entry("F32", "[1]", "[4,8]"), 8, "'a': data_offsets", "hole of 4"),
                lie("bytes of nobody", entry("F32", "[1]", "[0,4]"), 12, "data", "8 bytes after the last"),
                lie("overlap", two("[0,4]", "[2,6]"), 6, "'b': data_offsets", "overlaps"),
                lie("the same bytes", two("[0,4]", "[0,4]"), 4, "data_offsets", "overlaps"),
                lie("one name twice", "{\"a\":{},\"a\":{}}", 0, "'a': dtype", ""),
                lie("a field twice", "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"U8\"}}", 0, "header", "dtype"),
                lie("metadata is a list", "{\"__metadata__\":[]}", 0, "__metadata__", "no"),
                lie("metadata holds a number", "{\"__metadata__\":{\"x\":1}}", 0, "__metadata__", "'x' is not a text"),
                lie("nesting", "{\"a\":" + "[".repeat(5000), 0, "'a'", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lies")
    void aLyingHeaderIsRefusedByFileAndField(String what, String header, int data, String where, String problem)
            throws IOException {
        Path file = folder.resolve("liar.safetensors");
        write(file, header, data);

        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(where)
                .hasMessageContaining(problem);
    }

    @Test
    void aTensorNamedTwiceIsRefused() throws IOException {
        Path file = folder.resolve("twice.safetensors");
        String one = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}";
        write(file, "{\"a\":" + one.formatted(0, 4) + ",\"a\":" + one.formatted(4, 8) + "}", 8);

        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("Duplicate")
                .hasMessageContaining("\"a\"");
    }

    @Test
    void aHeaderLengthThatCannotBeIsRefusedBeforeAnythingIsAllocated() throws IOException {
        for (long length : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 100_000_001, 9}) {
            Path file = folder.resolve("length.safetensors");
            Files.write(file, lengthAnd(length, "{}      ".getBytes(StandardCharsets.UTF_8)));

            assertThatThrownBy(() -> SafetensorsFile.open(file))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("length.safetensors: header length:");
        }
    }

    @Test
    void aFileShorterThanItsLengthFieldIsRefused() throws IOException {
        Path file = folder.resolve("short.safetensors");
        Files.write(file, new byte[] {1, 2, 3});

        assertThatThrownBy(() -> SafetensorsFile.open(file)).hasMessageContaining("only 3 bytes");
        assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("none.safetensors")))
                .hasMessageContaining("none.safetensors: is missing");
    }

    @Test
    void aFileWithoutTensorsIsValid() throws IOException {
        Path file = folder.resolve("nothing.safetensors");
        write(file, "{}", 0);

        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            assertThat(read.tensors()).isEmpty();
        }
    }

    @Test
    void aTensorOfAnotherFileIsNotMapped() throws IOException {
        Path one = folder.resolve("one.safetensors");
        Path two = folder.resolve("two.safetensors");
        write(one, entry("F32", "[1]", "[0,4]"), 4);
        write(two, entry("F32", "[1]", "[0,4]"), 4);

        try (SafetensorsFile first = SafetensorsFile.open(one);
                SafetensorsFile second = SafetensorsFile.open(two)) {
            TensorInfo foreign = second.tensor("a");
            assertThatThrownBy(() -> first.map(foreign)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static SafetensorsWriter.Tensor tensor(String name, StoredType type, float[] values, long... shape) {
        return new SafetensorsWriter.Tensor(name, type, shape, SafetensorsWriter.Content.of(type, values));
    }

    private static float[] floats(SafetensorsFile file, String name) throws IOException {
        TensorInfo tensor = file.tensor(name);
        MemorySegment bytes = file.map(tensor);
        return Floats.decode(tensor.type(), bytes);
    }

    private static Arguments lie(String what, String header, int data, String where, String problem) {
        return Arguments.of(what, header, data, where, problem);
    }

    private static String entry(Object type, String shape, String offsets) {
        String quoted = type instanceof String ? "\"" + type + "\"" : type.toString();
        return "{\"a\":{\"dtype\":%s,\"shape\":%s,\"data_offsets\":%s}}".formatted(quoted, shape, offsets);
    }

    private static String two(String first, String second) {
        return """
                {"a":{"dtype":"F32","shape":[1],"data_offsets":%s},"b":{"dtype":"F32","shape":[1],"data_offsets":%s}}""".formatted(first, second);
    }

    private static void write(Path file, String header, int data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(lengthAnd(json.length, json)));
            channel.write(ByteBuffer.allocate(data));
        }
    }

    private static byte[] lengthAnd(long length, byte[] header) {
        return ByteBuffer.allocate(8 + header.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(header)
                .array();
    }
}
