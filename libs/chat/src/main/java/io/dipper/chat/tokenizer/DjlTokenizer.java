package io.dipper.chat.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The reference library behind our interface.
final class DjlTokenizer implements Tokenizer {
    /// Some ten times the largest that was published.
    private static final long MOST_BYTES = 256L << 20;

    static {
        // The native library comes with the dependency. Without these two, a machine with a GPU would download another.
        setIfAbsent("ai.djl.offline", "true");
        setIfAbsent("RUST_FLAVOR", "cpu");
    }

    private final HuggingFaceTokenizer library;
    private final Vocabulary vocabulary;

    private DjlTokenizer(HuggingFaceTokenizer library, Vocabulary vocabulary) {
        this.library = library;
        this.vocabulary = vocabulary;
    }

    static DjlTokenizer open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("no tokenizer file " + file);
        }
        if (Files.size(file) > MOST_BYTES) {
            throw new IOException(file + ": has more than " + MOST_BYTES + " bytes, the most that is read");
        }
        Vocabulary vocabulary = Vocabulary.read(file);
        try {
            // The library cuts texts at 512 tokens unless told otherwise.
            var library = HuggingFaceTokenizer.builder()
                    .optTokenizerPath(file)
                    .optAddSpecialTokens(false)
                    .optTruncation(false)
                    .optPadding(false)
                    .optMaxLength(Integer.MAX_VALUE)
                    .build();
            return new DjlTokenizer(library, vocabulary);
        } catch (RuntimeException e) {
            throw new IOException("not a tokenizer: " + file, e);
        }
    }

    @Override
    public int[] encode(String text, boolean addSpecial) {
        long[] ids = library.encode(wellFormed(text), addSpecial, false).getIds();
        int[] narrow = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            narrow[i] = Math.toIntExact(ids[i]);
        }
        return narrow;
    }

    @Override
    public String decode(int[] ids, boolean skipSpecial) {
        long[] wide = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0) {
                throw new IllegalArgumentException("id " + ids[i] + " is negative");
            }
            wide[i] = ids[i];
        }
        return library.decode(wide, skipSpecial);
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public String piece(int id) {
        return vocabulary.piece(id);
    }

    @Override
    public boolean isSpecial(int id) {
        return vocabulary.isSpecial(id);
    }

    @Override
    public byte[] bytes(int id) {
        return vocabulary.bytes(id);
    }

    @Override
    public void close() {
        library.close();
    }

    /// Half a surrogate pair is no text; the native side must never see one.
    private static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                int[] points = text.codePoints()
                        .map(point ->
                                point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE ? 0xFFFD : point)
                        .toArray();
                return new String(points, 0, points.length);
            }
        }
        return text;
    }

    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
