package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionTest {
    private static final Environment ENVIRONMENT = Environment.silent();

    @TempDir
    private Path folder;

    @Test
    void aMatrixProductIsRight() {
        try (var session = open(product());
                var a = Graphs.floats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
                var b = Graphs.floats(new float[] {1, 0, 0, 1, 1, 1}, 3, 2);
                var y = session.run(Map.of("a", a, "b", b)).getFirst()) {
            assertThat(y.shape()).containsExactly(2, 2);
            assertThat(Graphs.floats(y)).containsExactly(4, 5, 10, 11);
        }
    }

    @Test
    void theMostMemoryThatRunsHeldIsTold() {
        try (var session = open(product())) {
            assertThat(session.mostBytesInUse()).isZero();
            try (var a = Tensor.allocate(DataType.F32, 1000, 3);
                    var b = Tensor.allocate(DataType.F32, 3, 2);
                    var _ = session.run(Map.of("a", a, "b", b)).getFirst()) {
                assertThat(session.mostBytesInUse()).isBetween(8000L, 16_000L);
            }
            long most = session.mostBytesInUse();
            try (var a = Tensor.allocate(DataType.F32, 1, 3);
                    var b = Tensor.allocate(DataType.F32, 3, 2);
                    var _ = session.run(Map.of("a", a, "b", b)).getFirst()) {
                assertThat(session.mostBytesInUse()).isEqualTo(most);
            }
        }
    }

    @Test
    void inputsAndOutputsAreToldByNameTypeAndShape() {
        try (var session = open(product())) {
            assertThat(session.inputs())
                    .containsExactly(
                            new TensorInfo("a", DataType.F32, List.of(-1L, -1L), List.of("M", "K")),
                            new TensorInfo("b", DataType.F32, List.of(-1L, 2L), List.of("K", "")));
            assertThat(session.outputs())
                    .containsExactly(new TensorInfo("y", DataType.F32, List.of(-1L, 2L), List.of("M", "")));
        }
    }

    @Test
    void aDimensionOfZeroGivesAnEmptyResult() {
        try (var session = open(product());
                var binding = session.bind();
                var options = RunOptions.create();
                var a = Tensor.allocate(DataType.F32, 0, 3);
                var b = Tensor.allocate(DataType.F32, 3, 2);
                var y = session.run(Map.of("a", a, "b", b)).getFirst()) {
            assertThat(y.shape()).containsExactly(0, 2);
            assertThat(y.data().byteSize()).isZero();
            try (var into = Tensor.allocate(DataType.F32, 0, 2)) {
                binding.input("a", a).input("b", b).output("y", into).run(options);
            }
        }
    }

    @Test
    void whatTheSessionRefusesIsAnErrorAndTheSessionStaysUsable() {
        try (var session = open(product());
                var a = Graphs.floats(new float[] {1, 2, 3}, 1, 3);
                var b = Graphs.floats(new float[6], 3, 2);
                var wide = Graphs.floats(new float[9], 3, 3);
                var ints = Tensor.allocate(DataType.I32, 3, 2)) {
            assertThatThrownBy(() -> session.run(Map.of("a", a, "b", wide)))
                    .isInstanceOf(OrtError.class)
                    .hasMessageContaining("b")
                    .extracting(e -> ((OrtError) e).code())
                    .isEqualTo(OrtError.Code.INVALID_ARGUMENT);
            assertThatThrownBy(() -> session.run(Map.of("a", a, "b", ints))).isInstanceOf(OrtError.class);
            assertThatThrownBy(() -> session.run(Map.of("a", a, "c", b))).isInstanceOf(OrtError.class);
            session.run(Map.of("a", a, "b", b)).forEach(Tensor::close);
        }
    }

    @Test
    void aModelThatIsNoneIsAnError() {
        assertThatThrownBy(() -> open(new byte[] {1, 2, 3}))
                .isInstanceOf(OrtError.class)
                .extracting(e -> ((OrtError) e).code())
                .isEqualTo(OrtError.Code.INVALID_PROTOBUF);
        assertThatThrownBy(() -> Session.open(ENVIRONMENT, folder.resolve("none.onnx"), new SessionOptions()))
                .isInstanceOf(OrtError.class)
                .hasMessageContaining("none.onnx");
    }

    @Test
    void aBindingIsRunAgainAfterItsInputChangedInPlace() {
        try (var session = open(product());
                var binding = session.bind();
                var options = RunOptions.create();
                var a = Graphs.floats(new float[] {1, 2}, 1, 2);
                var b = Graphs.floats(new float[] {1, 0, 0, 1}, 2, 2);
                var y = Tensor.allocate(DataType.F32, 1, 2)) {
            binding.input("a", a).input("b", b).output("y", y).run(options);
            assertThat(Graphs.floats(y)).containsExactly(1, 2);
            a.data().setAtIndex(JAVA_FLOAT, 0, 7);
            binding.run(options);
            assertThat(Graphs.floats(y)).containsExactly(7, 2);
            binding.output("y", Device.CPU).run(options);
            try (var made = binding.outputs().getFirst()) {
                assertThat(Graphs.floats(made)).containsExactly(7, 2);
            }
        }
    }

    @Test
    void anInvocationWritesWhereItIsToldOrHandsOutWhatWasMade() {
        try (var session = open(product());
                var options = RunOptions.create();
                var call = session.invocation(List.of("a", "b"), List.of("y"));
                var a = Graphs.floats(new float[] {1, 2}, 1, 2);
                var b = Graphs.floats(new float[] {1, 0, 0, 1}, 2, 2);
                var y = Tensor.allocate(DataType.F32, 1, 2)) {
            assertThatThrownBy(() -> call.run(options)).isInstanceOf(IllegalStateException.class);
            call.input(0, a);
            call.input(1, b);
            for (int i = 0; i < 3; i++) {
                call.output(0, null);
                call.run(options);
                call.run(options);
                try (var made = call.takeOutput(0)) {
                    assertThat(Graphs.floats(made)).containsExactly(1, 2);
                }
                assertThatThrownBy(() -> call.takeOutput(0)).isInstanceOf(IllegalStateException.class);
                call.output(0, y);
                call.run(options);
                assertThat(Graphs.floats(y)).containsExactly(1, 2);
                y.data().fill((byte) 0);
            }
        }
    }

    @Test
    void externalDataIsReadFromTheFileBesideTheModel() throws IOException {
        Files.write(folder.resolve("weights.bin"), littleEndian(0, 0, 10, 20, 30, 40));
        var model = folder.resolve("model.onnx");
        Files.write(model, withExternalWeight());
        try (var session = Session.open(ENVIRONMENT, model, new SessionOptions());
                var x = Graphs.floats(new float[] {1, 1}, 1, 2);
                var y = session.run(Map.of("x", x)).getFirst()) {
            assertThat(Graphs.floats(y)).containsExactly(40, 60);
        }
    }

    @Test
    void externalDataMayBeMappedMemoryThatIsHandedOver() throws IOException {
        Files.write(folder.resolve("weights.bin"), littleEndian(0, 0, -1, -1, -1, -1));
        Files.write(folder.resolve("elsewhere.bin"), littleEndian(10, 20, 30, 40));
        var model = folder.resolve("model.onnx");
        Files.write(model, withExternalWeight());
        try (var channel = FileChannel.open(folder.resolve("elsewhere.bin"), StandardOpenOption.READ);
                var arena = Arena.ofShared()) {
            var mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, 16, arena);
            var weight = Tensor.of(mapped, DataType.F32, 2, 2);
            var options = new SessionOptions().externalInitializer("w", weight);
            try (var session = Session.open(ENVIRONMENT, model, options);
                    var x = Graphs.floats(new float[] {1, 2}, 1, 2);
                    var y = session.run(Map.of("x", x)).getFirst()) {
                assertThat(Graphs.floats(y)).containsExactly(70, 100);
                assertThatThrownBy(weight::close).isInstanceOf(IllegalStateException.class);
            }
            weight.close();
        }
    }

    @Test
    void externalDataThatIsNotThereIsAnError() {
        assertThatThrownBy(() -> open(withExternalWeight()))
                .isInstanceOf(OrtError.class)
                .hasMessageContaining("weights.bin");
    }

    @Test
    void closingTwiceDoesNothingAndUsingWhatIsClosedIsRefused() {
        var session = open(product());
        var tensor = Tensor.allocate(DataType.F32, 1);
        session.close();
        session.close();
        tensor.close();
        tensor.close();
        assertThatThrownBy(session::bind)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Session is closed");
        assertThatThrownBy(tensor::data).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatIsStillNeededCannotBeClosed() {
        try (var environment = Environment.silent()) {
            var session = Session.open(environment, product(), new SessionOptions());
            var binding = session.bind();
            assertThatThrownBy(environment::close).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(session::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("Session is still needed by 1 other(s)");
            binding.close();
            session.close();
        }
    }

    @Test
    void aTerminatedRunIsAnErrorUntilItIsResumed() {
        try (var session = open(product());
                var options = RunOptions.create();
                var call = session.invocation(List.of("a", "b"), List.of("y"));
                var a = Tensor.allocate(DataType.F32, 1, 2);
                var b = Tensor.allocate(DataType.F32, 2, 2)) {
            call.input(0, a);
            call.input(1, b);
            options.terminate();
            assertThatThrownBy(() -> call.run(options)).isInstanceOf(OrtError.class);
            options.resume();
            call.run(options);
        }
    }

    @Test
    void tensorsMustFitTheirMemory() {
        try (var arena = Arena.ofConfined()) {
            var bytes = arena.allocate(15);
            assertThatThrownBy(() -> Tensor.of(bytes, DataType.F32, 2, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("F32[2, 2] takes 16 bytes, given 15");
            assertThatThrownBy(() -> Tensor.of(bytes, DataType.F32, -1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static byte[] product() {
        var builder = new GraphBuilder("product");
        var a = builder.input("a", ElementType.F32, "M", "K");
        var b = builder.input("b", ElementType.F32, "K", 2);
        builder.output("y", builder.matMul(a, b));
        return OnnxModel.bytes(builder.build());
    }

    private static byte[] withExternalWeight() {
        var builder = new GraphBuilder("external");
        var x = builder.input("x", ElementType.F32, "M", 2);
        var weight = builder.external("w", TensorType.of(ElementType.F32, 2, 2), "weights.bin", 8, 16);
        builder.output("y", builder.matMul(x, weight));
        return OnnxModel.bytes(builder.build());
    }

    private static byte[] littleEndian(float... values) {
        var buffer = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return buffer.array();
    }

    private static Session open(byte[] model) {
        return Session.open(ENVIRONMENT, model, new SessionOptions());
    }
}
