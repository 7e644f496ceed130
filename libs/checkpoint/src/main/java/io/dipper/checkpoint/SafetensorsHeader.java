package io.dipper.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// The header of one safetensors file: eight bytes of length, a JSON object of tensors, then their
/// bytes end to end. Nothing that a header says is believed before it was checked.
///
/// @param dataStart where the tensors' bytes begin in the file
record SafetensorsHeader(Map<String, String> metadata, SequencedMap<String, TensorInfo> tensors, long dataStart) {
    static final int LENGTH_BYTES = 8;
    /// What the format's own implementation allows; DeepSeek V3's largest header is a few hundred
    /// kilobytes.
    static final long MAX_BYTES = 100_000_000;

    private static final String METADATA = "__metadata__";
    private static final int MAX_DIMENSIONS = 16;

    static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
        long fileBytes = channel.size();
        if (fileBytes < LENGTH_BYTES) {
            throw CheckpointException.ofField(
                    file, "header length", "the file has only " + fileBytes + " bytes, no safetensors file");
        }
        long length = readFully(file, channel, 0, LENGTH_BYTES).getLong();
        if (length < 0 || length > MAX_BYTES) {
            throw CheckpointException.ofField(
                    file,
                    "header length",
                    Long.toUnsignedString(length) + " is over the limit of " + MAX_BYTES + " bytes");
        }
        if (length > fileBytes - LENGTH_BYTES) {
            throw CheckpointException.ofField(
                    file, "header length", length + " reaches past the file's end at " + fileBytes);
        }
        byte[] json = readFully(file, channel, LENGTH_BYTES, (int) length).array();
        var reader = new Reader(file, LENGTH_BYTES + length, fileBytes);
        try (JsonParser parser = Json.STRICT.createParser(json)) {
            return reader.read(parser);
        } catch (JacksonException e) {
            throw CheckpointException.of(file, "header: " + Json.problem(e), e);
        }
    }

    private static ByteBuffer readFully(Path file, FileChannel channel, long position, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw CheckpointException.of(file, "became shorter while it was read");
            }
        }
        return buffer.flip();
    }

    private static final class Reader {
        private final Path file;
        private final long dataStart;
        private final long dataBytes;
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();

        Reader(Path file, long dataStart, long fileBytes) {
            this.file = file;
            this.dataStart = dataStart;
            this.dataBytes = fileBytes - dataStart;
        }

        SafetensorsHeader read(JsonParser parser) throws CheckpointException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw CheckpointException.ofField(file, "header", "is not a JSON object");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals(METADATA)) {
                    readMetadata(parser);
                } else {
                    tensors.put(name, readTensor(name, parser));
                }
            }
            if (parser.nextToken() != null) {
                throw CheckpointException.ofField(file, "header", "goes on after its JSON object");
            }
            checkLayout();
            return new SafetensorsHeader(metadata, tensors, dataStart);
        }

        private void readMetadata(JsonParser parser) throws CheckpointException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw CheckpointException.ofField(file, METADATA, "is not an object of texts");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = parser.currentName();
                if (parser.nextToken() != JsonToken.VALUE_STRING) {
                    throw CheckpointException.ofField(
                            file, METADATA, CheckpointException.quoted(key) + " is not a text");
                }
                metadata.put(key, parser.getString());
            }
        }

        private TensorInfo readTensor(String name, JsonParser parser) throws CheckpointException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw CheckpointException.ofTensor(file, name, "entry", "is not an object");
            }
            StoredType type = null;
            long[] shape = null;
            long[] offsets = null;
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "dtype" -> type = readType(name, parser);
                    case "shape" -> shape = readNumbers(name, field, parser);
                    case "data_offsets" -> offsets = readNumbers(name, field, parser);
                    default ->
                        throw CheckpointException.ofTensor(
                                file, name, CheckpointException.quoted(field), "is no field of a tensor");
                }
            }
            requirePresent(name, "dtype", type);
            requirePresent(name, "shape", shape);
            requirePresent(name, "data_offsets", offsets);
            return tensor(name, type, shape, offsets);
        }

        private void requirePresent(String name, String field, Object value) throws CheckpointException {
            if (value == null) {
                throw CheckpointException.ofTensor(file, name, field, "is missing");
            }
        }

        private StoredType readType(String name, JsonParser parser) throws CheckpointException {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                throw CheckpointException.ofTensor(file, name, "dtype", "is not a text");
            }
            String text = parser.getString();
            return StoredType.named(text)
                    .orElseThrow(() -> CheckpointException.ofTensor(
                            file, name, "dtype", CheckpointException.quoted(text) + " is not known"));
        }

        private long[] readNumbers(String name, String field, JsonParser parser) throws CheckpointException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                throw CheckpointException.ofTensor(file, name, field, "is not a list of numbers");
            }
            long[] numbers = new long[MAX_DIMENSIONS];
            int count = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (count == MAX_DIMENSIONS) {
                    throw CheckpointException.ofTensor(
                            file, name, field, "has more than " + MAX_DIMENSIONS + " numbers");
                }
                if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
                    throw CheckpointException.ofTensor(file, name, field, "holds something that is no whole number");
                }
                if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER || parser.getLongValue() < 0) {
                    throw CheckpointException.ofTensor(
                            file, name, field, CheckpointException.quoted(parser.getString()) + " is out of range");
                }
                numbers[count++] = parser.getLongValue();
            }
            return Arrays.copyOf(numbers, count);
        }

        private TensorInfo tensor(String name, StoredType type, long[] shape, long[] offsets)
                throws CheckpointException {
            if (offsets.length != 2 || offsets[0] > offsets[1]) {
                throw CheckpointException.ofTensor(
                        file, name, "data_offsets", Arrays.toString(offsets) + " is no begin and end");
            }
            if (offsets[1] > dataBytes) {
                throw CheckpointException.ofTensor(
                        file,
                        name,
                        "data_offsets",
                        Arrays.toString(offsets) + " reaches past the file's " + dataBytes + " data bytes");
            }
            long stated = offsets[1] - offsets[0];
            long needed;
            try {
                needed = type.bytesOf(shape);
            } catch (ArithmeticException e) {
                throw CheckpointException.ofTensor(
                        file, name, "shape", Arrays.toString(shape) + " is larger than any file");
            }
            if (needed != stated) {
                throw CheckpointException.ofTensor(
                        file,
                        name,
                        "shape",
                        type + Arrays.toString(shape) + " needs " + needed + " bytes, data_offsets gives " + stated);
            }
            return new TensorInfo(name, type, shape, file, dataStart + offsets[0], stated);
        }

        /// The tensors must tile the data: two names for the same bytes, or bytes without a name,
        /// are refused as the format demands.
        private void checkLayout() throws CheckpointException {
            List<TensorInfo> byOffset = new ArrayList<>(tensors.values());
            byOffset.sort(Comparator.comparingLong(TensorInfo::offset).thenComparingLong(TensorInfo::bytes));
            long position = dataStart;
            for (TensorInfo tensor : byOffset) {
                if (tensor.offset() != position) {
                    throw CheckpointException.ofTensor(
                            file,
                            tensor.name(),
                            "data_offsets",
                            tensor.offset() < position
                                    ? "overlaps the tensor before it"
                                    : "leaves a hole of " + (tensor.offset() - position) + " bytes before it");
                }
                position += tensor.bytes();
            }
            long end = dataStart + dataBytes;
            if (position != end) {
                throw CheckpointException.ofField(
                        file, "data", (end - position) + " bytes after the last tensor belong to none");
            }
        }
    }
}
