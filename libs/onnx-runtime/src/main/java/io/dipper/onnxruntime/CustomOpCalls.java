package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.util.List;

/// What ONNX Runtime calls: one static set of functions for all operators. Those that define an
/// operator answer from plain fields and cannot throw; those that run its code turn whatever it
/// throws into a status.
@SuppressWarnings("unused") // the methods are found by name; ONNX Runtime passes more than is needed
final class CustomOpCalls {
    private static final int DEVICE_MEMORY = 0;
    private static final int HOST_INPUT = -2;

    /// The functions of the struct by their offsets. Missing ones stay null, which ONNX Runtime
    /// allows: those of versions before 16, shape inference, in-place and alias maps.
    private enum Function {
        GET_NAME(16, "name", JAVA_LONG, JAVA_LONG),
        GET_PROVIDER(24, "provider", JAVA_LONG, JAVA_LONG),
        GET_INPUT_TYPE(32, "inputType", JAVA_INT, JAVA_LONG, JAVA_LONG),
        GET_INPUT_COUNT(40, "inputCount", JAVA_LONG, JAVA_LONG),
        GET_OUTPUT_TYPE(48, "outputType", JAVA_INT, JAVA_LONG, JAVA_LONG),
        GET_OUTPUT_COUNT(56, "outputCount", JAVA_LONG, JAVA_LONG),
        KERNEL_DESTROY(72, "destroy", null, JAVA_LONG),
        GET_INPUT_CHARACTERISTIC(80, "inputArity", JAVA_INT, JAVA_LONG, JAVA_LONG),
        GET_OUTPUT_CHARACTERISTIC(88, "outputArity", JAVA_INT, JAVA_LONG, JAVA_LONG),
        GET_INPUT_MEMORY_TYPE(96, "inputMemory", JAVA_INT, JAVA_LONG, JAVA_LONG),
        GET_VARIADIC_INPUT_MIN_ARITY(104, "one", JAVA_INT, JAVA_LONG),
        GET_VARIADIC_INPUT_HOMOGENEITY(112, "one", JAVA_INT, JAVA_LONG),
        GET_VARIADIC_OUTPUT_MIN_ARITY(120, "one", JAVA_INT, JAVA_LONG),
        GET_VARIADIC_OUTPUT_HOMOGENEITY(128, "one", JAVA_INT, JAVA_LONG),
        CREATE_KERNEL(136, "create", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        KERNEL_COMPUTE(144, "compute", JAVA_LONG, JAVA_LONG, JAVA_LONG),
        GET_START_VERSION(160, "one", JAVA_INT, JAVA_LONG),
        GET_END_VERSION(168, "lastVersion", JAVA_INT, JAVA_LONG);

        private final long offset;
        private final long stub;

        Function(long offset, String method, ValueLayout result, ValueLayout... arguments) {
            this.offset = offset;
            var descriptor =
                    result == null ? FunctionDescriptor.ofVoid(arguments) : FunctionDescriptor.of(result, arguments);
            this.stub = upcall(CustomOpCalls.class, MethodHandles.lookup(), method, descriptor);
        }
    }

    private CustomOpCalls() {}

    /// The address of a native function that calls a static Java method; never freed.
    static long upcall(Class<?> owner, MethodHandles.Lookup lookup, String method, FunctionDescriptor descriptor) {
        try {
            return OrtApi.LINKER
                    .upcallStub(lookup.findStatic(owner, method, descriptor.toMethodType()), descriptor, Arena.global())
                    .address();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    static void fill(MemorySegment struct) {
        for (var function : Function.values()) {
            struct.set(JAVA_LONG, function.offset, function.stub);
        }
    }

    private static long name(long op) {
        return CustomOpStruct.at(op).name();
    }

    private static long provider(long op) {
        return CustomOpStruct.at(op).provider();
    }

    private static int inputType(long op, long index) {
        return type(CustomOpStruct.at(op).inputs(), index);
    }

    private static int outputType(long op, long index) {
        return type(CustomOpStruct.at(op).outputs(), index);
    }

    private static int type(List<CustomOpParameter> parameters, long index) {
        return parameters.get((int) index).type().map(DataType::code).orElse(0);
    }

    private static long inputCount(long op) {
        return CustomOpStruct.at(op).inputs().size();
    }

    private static long outputCount(long op) {
        return CustomOpStruct.at(op).outputs().size();
    }

    private static int inputArity(long op, long index) {
        return CustomOpStruct.at(op).inputs().get((int) index).arity().code();
    }

    private static int outputArity(long op, long index) {
        return CustomOpStruct.at(op).outputs().get((int) index).arity().code();
    }

    private static int inputMemory(long op, long index) {
        var memory = CustomOpStruct.at(op).inputs().get((int) index).memory();
        return memory == CustomOpParameter.Memory.HOST ? HOST_INPUT : DEVICE_MEMORY;
    }

    private static int one(long op) {
        return 1;
    }

    private static int lastVersion(long op) {
        return Integer.MAX_VALUE;
    }

    private static long create(long op, long api, long info, long out) {
        String name = "custom operator";
        try {
            var custom = CustomOpStruct.at(op).op();
            name = custom.name();
            long kernel = Kernels.add(name, custom.create(new KernelInfo(info)));
            MemorySegment.ofAddress(out).reinterpret(Long.BYTES).set(JAVA_LONG, 0, kernel);
            return 0;
        } catch (Throwable t) {
            return KernelFailure.status(name, t);
        }
    }

    private static long compute(long kernel, long context) {
        try {
            Kernels.compute((int) kernel, context);
            return 0;
        } catch (Throwable t) {
            return KernelFailure.status(Kernels.name((int) kernel), t);
        }
    }

    private static void destroy(long kernel) {
        try {
            Kernels.remove((int) kernel);
        } catch (Throwable _) {
            // Closing a session goes on: the kernel is forgotten, and there is no status to return.
        }
    }
}
