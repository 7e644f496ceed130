package io.dipper.engineort.prove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What stands in `expected.safetensors`: two ids of a prompt, one of an answer, of a vocabulary of three.
class ReferenceTest {
    private static final int VOCABULARY = 3;

    record Tensor(String type, String shape, Number... values) {
        int bytes() {
            return values.length * (type.endsWith("64") ? Long.BYTES : Float.BYTES);
        }

        void write(ByteBuffer out) {
            for (Number value : values) {
                switch (type) {
                    case "I64" -> out.putLong(value.longValue());
                    case "I32" -> out.putInt(value.intValue());
                    default -> out.putFloat(value.floatValue());
                }
            }
        }
    }

    @TempDir
    Path folder;

    private Path file;
    private Tensor prompt = new Tensor("I64", "[1,2]", 2, 0);
    private Tensor logits = new Tensor("F32", "[2,3]", 1, 2, 3, 4, 5, 6);
    private Tensor greedyIds = new Tensor("I64", "[1]", 1);
    private Tensor greedyLogits = new Tensor("F32", "[1,3]", 7, 9, 8);

    @BeforeEach
    void nameFile() {
        file = folder.resolve(Reference.FILE);
    }

    private void write() throws IOException {
        Tensor[] tensors = {prompt, logits, greedyIds, greedyLogits};
        String[] names = {"input_ids", "logits", "greedy_ids", "greedy_logits"};
        var header = new StringBuilder();
        int end = 0;
        for (int i = 0; i < tensors.length; i++) {
            int begin = end;
            end += tensors[i].bytes();
            header.append(header.isEmpty() ? "{" : ",")
                    .append("\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                            .formatted(names[i], tensors[i].type(), tensors[i].shape(), begin, end));
        }
        byte[] head = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
        var bytes = ByteBuffer.allocate(Long.BYTES + head.length + end).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(head.length).put(head);
        for (Tensor tensor : tensors) {
            tensor.write(bytes);
        }
        Files.write(file, bytes.array());
    }

    @Test
    void rowsAndIdsAreReadAsTheyStand() throws IOException {
        write();
        Reference reference = Reference.find(folder, VOCABULARY);
        assertThat(reference.prompt()).containsExactly(2, 0);
        assertThat(reference.logits()).isDeepEqualTo(new float[][] {{1, 2, 3}, {4, 5, 6}});
        assertThat(reference.greedyIds()).containsExactly(1);
        assertThat(reference.greedyLogits()).isDeepEqualTo(new float[][] {{7, 9, 8}});
    }

    static Stream<Arguments> wrongPrompts() {
        return Stream.of(
                Arguments.of(new Tensor("I64", "[0]"), "shape: [0] has no ids"),
                Arguments.of(new Tensor("I64", "[2]", 0, -1), "ids are 0 to 2, given: -1"),
                Arguments.of(new Tensor("I64", "[2]", 0, 3), "ids are 0 to 2, given: 3"),
                Arguments.of(new Tensor("I64", "[2]", 0, 1L << 40), "ids are 0 to 2, given: 1099511627776"),
                Arguments.of(new Tensor("I32", "[2]", 0, 1), "dtype: is I32, not I64"));
    }

    @ParameterizedTest
    @MethodSource("wrongPrompts")
    void idsThatNoModelOfThisVocabularyTakesAreRefused(Tensor wrong, String why) throws IOException {
        prompt = wrong;
        refused("input_ids", why);
    }

    static Stream<Arguments> wrongLogits() {
        return Stream.of(
                Arguments.of(new Tensor("F32", "[]", 1), "shape: [] is not that of 2 rows"),
                Arguments.of(new Tensor("F32", "[0]"), "shape: [0] is not"),
                Arguments.of(new Tensor("F32", "[2,0]"), "shape: [2, 0] is not"),
                Arguments.of(new Tensor("F32", "[3,2]", 1, 2, 3, 4, 5, 6), "of the vocabulary's 3"),
                Arguments.of(new Tensor("F32", "[1,3]", 1, 2, 3), "shape: [1, 3] is not"),
                Arguments.of(new Tensor("I32", "[2,3]", 1, 2, 3, 4, 5, 6), "dtype: is I32, not F32"));
    }

    @ParameterizedTest
    @MethodSource("wrongLogits")
    void logitsThatAreNotARowForEachIdAreRefused(Tensor wrong, String why) throws IOException {
        logits = wrong;
        refused("logits", why);
    }

    private void refused(String tensor, String why) throws IOException {
        write();
        assertThatThrownBy(() -> Reference.find(folder, VOCABULARY))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(file + ": tensor '" + tensor + "': ")
                .hasMessageContaining(why);
    }

    @Test
    void noReferenceIsNoneButOneThatCannotBeReadIsRefused() throws IOException {
        assertThat(Reference.find(folder, VOCABULARY)).isNull();
        Files.createSymbolicLink(file, folder.resolve("not-fetched"));
        assertThatThrownBy(() -> Reference.find(folder, VOCABULARY))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("is no regular file");
    }
}
