package io.dipper.operators.cuda;

/// Loses the process's context on a card, as a faulty kernel would.
public final class CardFault {
    private CardFault() {}

    /// Runs a kernel that writes where nothing is; returns when the card has told so.
    public static void lose(int ordinal) {
        CudaCard card = CudaCard.open(ordinal);
        CudaStream stream = card.newStream();
        card.kernel("fault", "fault").with().launch(1, 1, 1, 0, stream.handle());
        try {
            stream.await();
            throw new IllegalStateException("the card forgave a write to nowhere");
        } catch (CudaException e) {
            // As it must be; nothing of the card can be given back any more.
            System.err.println("lost on purpose: " + e.getMessage());
        }
    }
}
