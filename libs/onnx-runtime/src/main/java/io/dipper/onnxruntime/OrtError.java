package io.dipper.onnxruntime;

/// ONNX Runtime said no. Where an operator of ours failed, the cause is what it threw.
public final class OrtError extends RuntimeException {
    /// `OrtErrorCode` with its numbers.
    public enum Code {
        OK(0),
        FAIL(1),
        INVALID_ARGUMENT(2),
        NO_SUCH_FILE(3),
        NO_MODEL(4),
        ENGINE_ERROR(5),
        RUNTIME_EXCEPTION(6),
        INVALID_PROTOBUF(7),
        MODEL_LOADED(8),
        NOT_IMPLEMENTED(9),
        INVALID_GRAPH(10),
        EP_FAIL(11),
        MODEL_LOAD_CANCELED(12),
        MODEL_REQUIRES_COMPILATION(13),
        NOT_FOUND(14),
        UNKNOWN(-1);

        private final int number;

        Code(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }

        static Code of(int number) {
            for (var code : values()) {
                if (code.number == number) {
                    return code;
                }
            }
            return UNKNOWN;
        }
    }

    private final Code code;

    OrtError(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
