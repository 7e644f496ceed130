package io.dipper.onnxruntime;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// How a session is made. Plain values; [Session] tells them to ONNX Runtime when it opens.
public final class SessionOptions {
    /// Makes ONNX Runtime's own of these, as for a session, and frees them: a provider that is missing, or
    /// lacks a library, is told so before anything else is begun. Wants an open [Environment].
    ///
    /// @throws OrtError what ONNX Runtime has to say about it
    public void check() {
        try (Arena arena = Arena.ofConfined();
                var _ = new NativeSessionOptions(this, arena)) {
            // Nobody opens a session with them.
        }
    }

    /// `GraphOptimizationLevel` with its codes.
    public enum Optimization {
        NONE(0),
        BASIC(1),
        EXTENDED(2),
        ALL(99);

        private final int code;

        Optimization(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    /// Whether nodes that do not need each other run at once: `ExecutionMode` with its codes.
    public enum Execution {
        SEQUENTIAL(0),
        PARALLEL(1);

        private final int code;

        Execution(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    private final Map<String, String> config = new LinkedHashMap<>();
    private final List<CustomOpDomain> domains = new ArrayList<>();
    private final Map<String, Tensor> externalInitializers = new LinkedHashMap<>();
    private final List<ExecutionProvider> providers = new ArrayList<>();
    private OptionalInt threads = OptionalInt.empty();
    private Execution execution = Execution.SEQUENTIAL;
    private Optimization optimization = Optimization.ALL;
    private LogSink.Level logLevel = LogSink.Level.WARNING;
    private boolean memoryPattern = true;
    private boolean arena = true;
    private Path profile;

    /// Threads that share the work of one node, the calling one included. All cores unless set.
    public SessionOptions threads(int count) {
        threads = OptionalInt.of(count);
        return this;
    }

    public SessionOptions execution(Execution mode) {
        execution = mode;
        return this;
    }

    public SessionOptions optimization(Optimization level) {
        optimization = level;
        return this;
    }

    /// What the session logs through the [Environment]'s sinks.
    public SessionOptions logLevel(LogSink.Level level) {
        logLevel = level;
        return this;
    }

    /// A key and value of `onnxruntime_session_options_config_keys.h`.
    public SessionOptions config(String key, String value) {
        config.put(key, value);
        return this;
    }

    /// Whether weights are copied into the layout that a kernel likes best: faster products for
    /// some shapes, and memory for a second copy of each such weight.
    public SessionOptions prepacking(boolean on) {
        return config("session.disable_prepacking", on ? "0" : "1");
    }

    /// Whether idle worker threads wait for the next node without sleeping.
    public SessionOptions spinning(boolean on) {
        return config("session.intra_op.allow_spinning", on ? "1" : "0");
    }

    /// Whether the sizes of a first run are planned as one block for later runs of the same shapes.
    public SessionOptions memoryPattern(boolean on) {
        memoryPattern = on;
        return this;
    }

    /// Whether freed tensors are kept for later ones.
    public SessionOptions arena(boolean on) {
        arena = on;
        return this;
    }

    /// Operators of ours. The domain stays open as long as the session.
    public SessionOptions customOps(CustomOpDomain domain) {
        domains.add(domain);
        return this;
    }

    /// The value of an initializer that the model declares as external data. The file that it names
    /// must be there, but nothing is read from it: the session uses the tensor's memory and copies
    /// nothing, unless it prepacks weights. The tensor stays open as long as the session. Not
    /// needed for what lies in that file anyway: ONNX Runtime maps external data itself.
    public SessionOptions externalInitializer(String name, Tensor value) {
        externalInitializers.put(name, value);
        return this;
    }

    /// In order of preference.
    public SessionOptions provider(ExecutionProvider provider) {
        providers.add(provider);
        return this;
    }

    /// Writes a profile of every run to a file whose name begins so.
    public SessionOptions profile(Path prefix) {
        profile = prefix;
        return this;
    }

    Map<String, String> config() {
        return config;
    }

    List<CustomOpDomain> domains() {
        return domains;
    }

    Map<String, Tensor> externalInitializers() {
        return externalInitializers;
    }

    List<ExecutionProvider> providers() {
        return providers;
    }

    OptionalInt threads() {
        return threads;
    }

    Execution execution() {
        return execution;
    }

    Optimization optimization() {
        return optimization;
    }

    LogSink.Level logLevel() {
        return logLevel;
    }

    boolean memoryPattern() {
        return memoryPattern;
    }

    boolean arena() {
        return arena;
    }

    Path profile() {
        return profile;
    }
}
