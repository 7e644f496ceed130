package io.dipper.inference.validation;

/// Token ids that a client sent.
public final class TokenIds {
    private TokenIds() {}

    /// The ids as the engine takes them.
    ///
    /// @throws io.dipper.openaiapi.RefusedException if one is outside the vocabulary
    public static int[] check(String field, long[] ids, int vocabularySize) {
        int[] checked = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= vocabularySize) {
                throw Bounds.refuse(
                        field,
                        field + " must have token ids between 0 and " + (vocabularySize - 1) + ", but has " + ids[i]);
            }
            checked[i] = (int) ids[i];
        }
        return checked;
    }
}
