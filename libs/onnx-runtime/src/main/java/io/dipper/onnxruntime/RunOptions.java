package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.util.List;

/// What holds for single runs. May be used for many, one after the other or at once.
public final class RunOptions extends Resource {
    private static final MethodHandle CREATE = OrtApi.status(OrtFunction.CreateRunOptions, JAVA_LONG);
    private static final MethodHandle RELEASE = OrtApi.release(OrtFunction.ReleaseRunOptions);
    private static final MethodHandle CONFIG =
            OrtApi.status(OrtFunction.AddRunConfigEntry, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle TERMINATE = OrtApi.status(OrtFunction.RunOptionsSetTerminate, JAVA_LONG);
    private static final MethodHandle RESUME = OrtApi.status(OrtFunction.RunOptionsUnsetTerminate, JAVA_LONG);

    private RunOptions(long pointer) {
        super(RELEASE, pointer, List.of());
    }

    public static RunOptions create() {
        return new RunOptions(Ort.create(out -> (long) CREATE.invokeExact(out)));
    }

    /// A key and value of `onnxruntime_run_options_config_keys.h`.
    public RunOptions config(String key, String value) {
        try (var arena = Arena.ofConfined()) {
            long k = arena.allocateFrom(key).address();
            long v = arena.allocateFrom(value).address();
            Ort.call(() -> (long) CONFIG.invokeExact(pointer(), k, v));
        }
        return this;
    }

    /// Runs with these options end with an error before their next node, and new ones at once,
    /// until [#resume].
    public void terminate() {
        Ort.call(() -> (long) TERMINATE.invokeExact(pointer()));
    }

    public void resume() {
        Ort.call(() -> (long) RESUME.invokeExact(pointer()));
    }
}
