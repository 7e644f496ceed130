package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.Invocation;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import io.dipper.onnxruntime.TensorInfo;
import java.nio.file.Path;
import java.util.List;

/// Draws ids by a graph of its own, where the served one only makes logits.
final class HostDrawing implements AutoCloseable {
    private static final String LOGITS = "logits";

    private final Session session;
    private final List<String> inputs;
    private final Invocation invocation;

    private HostDrawing(Session session) {
        this.session = session;
        this.inputs = session.inputs().stream().map(TensorInfo::name).toList();
        this.invocation = session.invocation(inputs, GraphSlots.drawn());
    }

    static HostDrawing open(Path folder, Environment environment, SessionOptions options) {
        return new HostDrawing(Session.open(environment, folder.resolve(Manifest.DRAWING), options));
    }

    boolean takes(String input) {
        return inputs.contains(input);
    }

    void input(String name, Tensor tensor) {
        invocation.input(inputs.indexOf(name), tensor);
    }

    /// The call after it has drawn from these rows; its outputs are to be taken.
    Invocation from(Tensor logits, RunOptions options) {
        input(LOGITS, logits);
        invocation.run(options);
        return invocation;
    }

    @Override
    public void close() {
        invocation.close();
        session.close();
    }
}
