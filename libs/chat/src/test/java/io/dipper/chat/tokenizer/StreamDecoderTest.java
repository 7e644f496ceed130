package io.dipper.chat.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class StreamDecoderTest {
    private static final int[][] RANGES = {
        {0x20, 0x7e},
        {0xa0, 0x24f},
        {0x300, 0x36f},
        {0x4e00, 0x9fff},
        {0x1f300, 0x1f6ff},
        {0x1f3fb, 0x1f3ff},
        {0x200d, 0x200d}
    };

    private static Tokenizer tokenizer;

    @BeforeAll
    static void open() throws IOException {
        tokenizer = DjlTokenizer.open(Fixtures.dipperMini().resolve("tokenizer.json"));
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    @RepeatedTest(200)
    void piecesAreTheWholeTextAndNeverHalfACharacter(RepetitionInfo repetition) {
        String text = text(new SplittableRandom(repetition.getCurrentRepetition()));
        var decoder = new StreamDecoder(tokenizer, false);
        var joined = new StringBuilder();
        for (int id : tokenizer.encode(text, false)) {
            String piece = decoder.accept(id);
            assertThat(piece).doesNotContain("\uFFFD");
            assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                    .isTrue();
            joined.append(piece);
        }
        joined.append(decoder.finish());
        assertThat(joined.toString()).isEqualTo(tokenizer.decode(tokenizer.encode(text, false), false));
    }

    @RepeatedTest(100)
    void anyIdsGiveTheTextThatTheyGiveTogether(RepetitionInfo repetition) {
        var random = new SplittableRandom(1000 + repetition.getCurrentRepetition());
        int[] ids = random.ints(random.nextInt(1, 60), 0, tokenizer.vocabularySize())
                .toArray();
        var decoder = new StreamDecoder(tokenizer, true);
        var joined = new StringBuilder();
        for (int id : ids) {
            joined.append(decoder.accept(id));
        }
        joined.append(decoder.finish());
        assertThat(joined.toString()).isEqualTo(tokenizer.decode(ids, true));
    }

    @RepeatedTest(20)
    void bytesThatAreNoCharactersComeOutToo(RepetitionInfo repetition) {
        int[] halves = IntStream.range(0, tokenizer.vocabularySize())
                .filter(id -> tokenizer.bytes(id).length == 1 && tokenizer.bytes(id)[0] < 0)
                .toArray();
        int[] ids = new SplittableRandom(repetition.getCurrentRepetition())
                .ints(500, 0, halves.length)
                .map(index -> halves[index])
                .toArray();
        assertThat(longestWait(ids, false)).isLessThan(100);
    }

    @Test
    void tokensWithoutATextAreForgotten() {
        int[] ids = new int[500];
        Arrays.fill(ids, tokenizer.encode("<|im_end|>", false)[0]);
        ids[250] = tokenizer.encode("a", false)[0];
        assertThat(longestWait(ids, true)).isLessThan(100);
    }

    /// Checks the text, and returns the most tokens that were decoded at once.
    private static int longestWait(int[] ids, boolean skipSpecial) {
        var counting = new CountingTokenizer(tokenizer);
        var decoder = new StreamDecoder(counting, skipSpecial);
        var joined = new StringBuilder();
        for (int id : ids) {
            joined.append(decoder.accept(id));
        }
        joined.append(decoder.finish());
        assertThat(joined.toString()).isEqualTo(tokenizer.decode(ids, skipSpecial));
        return counting.most;
    }

    /// A tokenizer that remembers the most tokens it decoded at once.
    private static final class CountingTokenizer implements Tokenizer {
        private final Tokenizer counted;
        private int most;

        CountingTokenizer(Tokenizer counted) {
            this.counted = counted;
        }

        @Override
        public int[] encode(String text, boolean addSpecial) {
            return counted.encode(text, addSpecial);
        }

        @Override
        public String decode(int[] ids, boolean skipSpecial) {
            most = Math.max(most, ids.length);
            return counted.decode(ids, skipSpecial);
        }

        @Override
        public int vocabularySize() {
            return counted.vocabularySize();
        }

        @Override
        public String piece(int id) {
            return counted.piece(id);
        }

        @Override
        public boolean isSpecial(int id) {
            return counted.isSpecial(id);
        }

        @Override
        public byte[] bytes(int id) {
            return counted.bytes(id);
        }

        @Override
        public void close() {}
    }

    private static String text(SplittableRandom random) {
        var text = new StringBuilder();
        for (int i = random.nextInt(1, 40); i > 0; i--) {
            int[] range = RANGES[random.nextInt(RANGES.length)];
            text.appendCodePoint(random.nextInt(range[0], range[1] + 1));
        }
        return text.toString();
    }
}
