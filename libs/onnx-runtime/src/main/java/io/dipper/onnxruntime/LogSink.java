package io.dipper.onnxruntime;

/// Where ONNX Runtime's log goes. Called by any thread, in the middle of native calls: it must
/// return soon.
@FunctionalInterface
public interface LogSink {
    /// `OrtLoggingLevel` with its codes.
    enum Level {
        VERBOSE(0),
        INFO(1),
        WARNING(2),
        ERROR(3),
        FATAL(4);

        private final int code;

        Level(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static Level of(int code) {
            for (var level : values()) {
                if (level.code == code) {
                    return level;
                }
            }
            return FATAL;
        }
    }

    LogSink SILENT = (_, _, _) -> {};

    /// `where` names category and place in ONNX Runtime's code.
    void log(Level level, String where, String message);
}
