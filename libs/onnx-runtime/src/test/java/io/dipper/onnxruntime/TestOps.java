package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.util.List;

/// Small operators for tests.
final class TestOps {
    static final String DOMAIN = "test";

    private TestOps() {}

    /// `x · factor`, where `factor` is an attribute.
    record Scale() implements CustomOp {
        @Override
        public String name() {
            return "Scale";
        }

        @Override
        public List<CustomOpParameter> inputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public List<CustomOpParameter> outputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public CustomOpKernel create(KernelInfo info) {
            float factor = info.decimal("factor");
            return context -> {
                var x = context.input(0);
                var y = context.output(0, DataType.F32, context.shape(0));
                for (long i = 0; i < context.elements(0); i++) {
                    y.setAtIndex(JAVA_FLOAT, i, x.getAtIndex(JAVA_FLOAT, i) * factor);
                }
            };
        }
    }

    /// `a + b`, element by element; refuses shapes that differ.
    record Plus() implements CustomOp {
        @Override
        public String name() {
            return "Plus";
        }

        @Override
        public List<CustomOpParameter> inputs() {
            return List.of(CustomOpParameter.required(DataType.F32), CustomOpParameter.required(DataType.F32));
        }

        @Override
        public List<CustomOpParameter> outputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public CustomOpKernel create(KernelInfo info) {
            return context -> {
                long count = context.elements(0);
                if (count != context.elements(1)) {
                    throw new IllegalArgumentException(count + " elements and " + context.elements(1));
                }
                var a = context.input(0);
                var b = context.input(1);
                var sum = context.output(0, DataType.F32, context.shape(0));
                for (long i = 0; i < count; i++) {
                    sum.setAtIndex(JAVA_FLOAT, i, a.getAtIndex(JAVA_FLOAT, i) + b.getAtIndex(JAVA_FLOAT, i));
                }
            };
        }
    }

    /// Passes `x` on and does what it is told on the way.
    record Hook(Body body) implements CustomOp {
        interface Body {
            void run(KernelContext context) throws Exception;
        }

        @Override
        public String name() {
            return "Hook";
        }

        @Override
        public List<CustomOpParameter> inputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public List<CustomOpParameter> outputs() {
            return List.of(CustomOpParameter.required(DataType.F32));
        }

        @Override
        public CustomOpKernel create(KernelInfo info) {
            return context -> {
                body.run(context);
                context.output(0, DataType.F32, context.shape(0)).copyFrom(context.input(0));
            };
        }
    }

    /// Tells what it sees: for each of any number of inputs after an optional first one, how many
    /// elements it has (-1: left out).
    record Count() implements CustomOp {
        @Override
        public String name() {
            return "Count";
        }

        @Override
        public List<CustomOpParameter> inputs() {
            return List.of(
                    CustomOpParameter.ofAnyType(),
                    CustomOpParameter.optional(DataType.I32),
                    CustomOpParameter.variadic(DataType.F32));
        }

        @Override
        public List<CustomOpParameter> outputs() {
            return List.of(CustomOpParameter.required(DataType.I32));
        }

        @Override
        public CustomOpKernel create(KernelInfo info) {
            return context -> {
                var counts = context.output(0, DataType.I32, context.inputCount());
                for (int i = 0; i < context.inputCount(); i++) {
                    counts.setAtIndex(JAVA_INT, i, context.hasInput(i) ? (int) context.elements(i) : -1);
                }
            };
        }
    }
}
