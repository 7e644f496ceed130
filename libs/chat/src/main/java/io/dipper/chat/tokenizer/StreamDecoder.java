package io.dipper.chat.tokenizer;

import java.util.Arrays;

/// Decodes one token at a time and gives out whole characters only.
///
/// Tokens are decoded together with the ones before them, as some tokenizers write a token
/// differently at the start of a text. Only the tokens of the last piece that came out are kept for
/// that, so a step costs the same however long the answer is.
public final class StreamDecoder {
    private static final char REPLACEMENT = '\uFFFD';
    private static final int LONGEST_CHARACTER = 4;
    private static final int MOST_PENDING = 32;

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
            return size - prefixIds > MOST_PENDING ? settle(text) : "";
        }
        String fresh = text.substring(prefix.length());
        moveOn(size);
        return fresh;
    }

    /// Gives out what the tokens to come cannot change, after many that completed nothing: bytes that are
    /// no character, or tokens without a text. A character is made of four tokens at most.
    private String settle(String text) {
        for (int kept = LONGEST_CHARACTER; kept < 2 * LONGEST_CHARACTER; kept++) {
            int settledIds = size - kept;
            String settled = tokenizer.decode(Arrays.copyOf(ids, settledIds), skipSpecial);
            if (settled.length() <= prefix.length()) {
                System.arraycopy(ids, settledIds, ids, prefixIds, kept);
                size = prefixIds + kept;
                return "";
            }
            if (text.startsWith(settled)) {
                String fresh = settled.substring(prefix.length());
                moveOn(settledIds);
                return fresh;
            }
        }
        return "";
    }

    /// The tokens up to `settledIds` have come out; the last piece of them stays.
    private void moveOn(int settledIds) {
        ids = Arrays.copyOfRange(ids, prefixIds, Math.max(size, prefixIds + 16));
        size -= prefixIds;
        prefixIds = settledIds - prefixIds;
        prefix = tokenizer.decode(Arrays.copyOf(ids, prefixIds), skipSpecial);
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
