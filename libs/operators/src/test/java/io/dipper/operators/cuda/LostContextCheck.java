package io.dipper.operators.cuda;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;

/// What is left of a card after a kernel that wrote where nothing is: prints it. A process of its own,
/// since nothing that runs after it could be trusted.
public final class LostContextCheck {
    private LostContextCheck() {}

    public static void main(String[] arguments) {
        CudaCard card = CudaCard.open(0);
        System.out.println("before: " + norm(card));
        try (CudaStream stream = card.newStream()) {
            card.kernel("fault", "fault").with().launch(1, 1, 1, 0, stream.handle());
            stream.await();
        } catch (CudaException e) {
            System.out.println("fault: " + e.getMessage());
        }
        try {
            System.out.println("after: " + norm(card));
        } catch (RuntimeException e) {
            System.out.println("after: " + e.getMessage());
        }
        try {
            card.close();
        } catch (RuntimeException e) {
            System.out.println("closing: " + e.getMessage());
        }
        var reset = CudaDriver.handle("cuDevicePrimaryCtxReset_v2", java.lang.foreign.ValueLayout.JAVA_INT);
        try {
            int code = (int) reset.invokeExact(0);
            System.out.println("reset: " + code);
            try (CudaCard again = CudaCard.open(0)) {
                System.out.println("again: " + norm(again));
            }
        } catch (Throwable e) {
            System.out.println("again: " + e);
        }
    }

    private static float norm(CudaCard card) {
        return new OneNode("RmsNorm", card)
                .with(Attribute.of("epsilon", 1e-6f))
                .input(OneNode.random(1, 64), 1, 64)
                .input(OneNode.random(2, 64), 64)
                .run(ElementType.F32)[0];
    }
}
