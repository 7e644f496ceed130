package io.dipper.onnxruntime;

/// Element types of tensors, with the codes of `ONNXTensorElementDataType`.
public enum DataType {
    F32(1, 4),
    U8(2, 1),
    I8(3, 1),
    I32(6, 4),
    I64(7, 8),
    BOOL(9, 1),
    F16(10, 2),
    F64(11, 8),
    BF16(16, 2),
    F8_E4M3(17, 1),
    F8_E5M2(19, 1);

    private static final DataType[] BY_CODE = new DataType[32];

    static {
        for (var type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;
    private final int byteSize;

    DataType(int code, int byteSize) {
        this.code = code;
        this.byteSize = byteSize;
    }

    int code() {
        return code;
    }

    public int byteSize() {
        return byteSize;
    }

    static DataType of(int code) {
        var type = code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
        if (type == null) {
            throw new IllegalArgumentException("element type " + code + " of ONNX Runtime has no place here");
        }
        return type;
    }
}
