package io.dipper.onnxgraph;

/// Element types of tensors, with the codes of ONNX's `TensorProto.DataType`.
public enum ElementType {
    F32("f32", 1, 4),
    U8("u8", 2, 1),
    I8("i8", 3, 1),
    I32("i32", 6, 4),
    I64("i64", 7, 8),
    BOOL("bool", 9, 1),
    F16("f16", 10, 2),
    F64("f64", 11, 8),
    BF16("bf16", 16, 2),
    F8_E4M3("f8e4m3", 17, 1),
    F8_E5M2("f8e5m2", 19, 1);

    private final String text;
    private final int code;
    private final int byteSize;

    ElementType(String text, int code, int byteSize) {
        this.text = text;
        this.code = code;
        this.byteSize = byteSize;
    }

    /// The code in ONNX files.
    public int code() {
        return code;
    }

    public int byteSize() {
        return byteSize;
    }

    @Override
    public String toString() {
        return text;
    }
}
