package io.dipper.transformer.family;

/// Carries a refusal out of a family's reading to [Families], which alone catches it and answers
/// with the value.
final class RefusedKey extends RuntimeException {
    private final transient Refusal refusal;

    RefusedKey(Refusal refusal) {
        super(refusal.message(), null, false, false);
        this.refusal = refusal;
    }

    Refusal refusal() {
        return refusal;
    }
}
