package io.dipper.chat.tokenizer;

import java.util.Arrays;

/// Decodes one token at a time and gives out whole characters only.
///
/// Tokens are decoded together with the ones before them, as some tokenizers write a token
/// differently at the start of a text. Only the tokens of the last piece that came out are kept for
/// that, so a step costs the same however long the answer is.
public final class StreamDecoder {
    private static final char REPLACEMENT = '\uFFFD';

    private final Tokenizer tokenizer;
    private final boolean skipSpecial;
    private int[] ids = new int[16];
    private int size;
    private int prefixIds;
    private String prefix = "";

    public StreamDecoder(Tokenizer tokenizer, boolean skipSpecial) {
        this.tokenizer = tokenizer;
        this.skipSpecial = skipSpecial;
    }

    /// What the token completes: whole characters, or nothing yet.
    public String accept(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        ids[size++] = id;
        String text = tokenizer.decode(Arrays.copyOf(ids, size), skipSpecial);
        if (text.length() <= prefix.length() || text.charAt(text.length() - 1) == REPLACEMENT) {
            return "";
        }
        String fresh = text.substring(prefix.length());
        ids = Arrays.copyOfRange(ids, prefixIds, Math.max(size, prefixIds + 16));
        size -= prefixIds;
        prefixIds = size;
        prefix = tokenizer.decode(Arrays.copyOf(ids, size), skipSpecial);
        return fresh;
    }

    /// What was kept back because a character may not have been complete. The decoder starts anew.
    public String finish() {
        String text = tokenizer.decode(Arrays.copyOf(ids, size), skipSpecial);
        String rest = text.length() > prefix.length() ? text.substring(prefix.length()) : "";
        size = 0;
        prefixIds = 0;
        prefix = "";
        return rest;
    }
}
