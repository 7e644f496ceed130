package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkspaceTest {
    private static final Map<String, Long> TOKENS = Map.of("T", 64L);
    private static final long ROW = 64 * 64 * Float.BYTES;

    private final GraphBuilder graph = new GraphBuilder("step");
    private final Value x = graph.input("x", ElementType.F32, "T", 64);
    private final Value matrix = graph.input("w", ElementType.F32, 64, 64);

    private long bytes(Value last) {
        graph.output("y", last);
        return new Workspace(graph.build()).bytes(TOKENS);
    }

    @Test
    void aValueTakesTheBufferOfOneThatIsDoneWith() {
        Value y = x;
        for (int i = 0; i < 5; i++) {
            y = graph.matMul(y, matrix);
        }
        assertThat(bytes(y)).isEqualTo(2 * ROW);
    }

    @Test
    void sumsAreWrittenOverWhatNobodyElseReads() {
        Value y = graph.matMul(x, matrix);
        assertThat(bytes(graph.tanh(graph.mul(y, graph.scalar(2f))))).isEqualTo(ROW);
    }

    @Test
    void whatIsReadLaterIsKept() {
        Value y = graph.matMul(x, matrix);
        Value z = graph.tanh(y);
        assertThat(bytes(graph.add(y, z))).isEqualTo(2 * ROW);
    }

    @Test
    void anotherShapeOfTheSameValueTakesNothing() {
        Value y = graph.reshape(graph.matMul(x, matrix), "T", 4, 16);
        assertThat(bytes(graph.reshape(y, "T", 64))).isEqualTo(ROW);
    }

    @Test
    void smallValuesTakeAWholePiece() {
        assertThat(bytes(graph.reduceMean(graph.matMul(x, matrix), -1))).isEqualTo(ROW + 256);
        assertThat(new Workspace(graph.build()).bytes(Map.of("T", 1L))).isEqualTo(2 * 256);
    }
}
