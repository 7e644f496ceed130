package io.dipper.chat.tokenizer;

import java.io.IOException;
import java.nio.file.Path;

/// Text to ids and back, as a `tokenizer.json` says. Never cuts a text. Safe for many threads.
public interface Tokenizer extends AutoCloseable {
    /// Opens a tokenizer file.
    ///
    /// @throws IOException if the file is missing or no tokenizer; the message names it
    static Tokenizer open(Path tokenizerJson) throws IOException {
        return DjlTokenizer.open(tokenizerJson);
    }

    /// Cuts a text into tokens.
    ///
    /// @param addSpecial whether to add what the tokenizer puts around a text, such as a
    ///     beginning-of-text token; special tokens written in the text become their ids either way
    int[] encode(String text, boolean addSpecial);

    /// Joins tokens to a text.
    ///
    /// @param skipSpecial whether special tokens leave no text
    String decode(int[] ids, boolean skipSpecial);

    /// One more than the largest id.
    int vocabularySize();

    /// The token's name in the vocabulary; empty where the vocabulary has a hole.
    String piece(int id);

    boolean isSpecial(int id);

    /// What the token adds to a text that special tokens are left out of; may be half a character.
    byte[] bytes(int id);

    @Override
    void close();
}
