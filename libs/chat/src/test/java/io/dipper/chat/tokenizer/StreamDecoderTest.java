package io.dipper.chat.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

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

    private static String text(SplittableRandom random) {
        var text = new StringBuilder();
        for (int i = random.nextInt(1, 40); i > 0; i--) {
            int[] range = RANGES[random.nextInt(RANGES.length)];
            text.appendCodePoint(random.nextInt(range[0], range[1] + 1));
        }
        return text.toString();
    }
}
