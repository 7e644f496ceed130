package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is exchanged arrives, and nothing beside it is touched.
@Tag("card")
class CardExchangeCardTest {
    private static final int ROOM = 300_000;
    private static final int UNTOUCHED = -1;

    private final List<MemorySegment> onHost = new ArrayList<>();
    private final List<Long> onCard = new ArrayList<>();

    @AfterEach
    void giveBack() {
        onHost.forEach(memory -> CudaMemory.freeHost(memory.address()));
        onCard.forEach(CudaMemory::free);
    }

    /// A step's inputs go to the card, ids that lie there already at their beginning, and come back.
    @ParameterizedTest
    @CsvSource({"1, 0", "1, 1", "3, 2", "4, 4", "514, 0", "514, 1", "517, 64", "2571, 7", "262147, 61"})
    void wordsArriveWhereTheyBelong(int words, int drawn) {
        try (CudaCard card = TestCard.open();
                CudaStream stream = card.newStream()) {
            MemorySegment inputs = numbered(card, 1000);
            MemorySegment back = numbered(card, UNTOUCHED);
            long ids = onCard(card, stream, numbered(card, 7_000_000));
            long block = onCard(card, stream, filled(card));
            var exchange = new CardExchange(card);
            exchange.copy(block, card.seenByCard(inputs), 4L * words)
                    .replace(ids, 4L * drawn)
                    .run(stream);
            exchange.copy(card.seenByCard(back), block, 4L * words).run(stream);
            int[] whole = contents(card, stream, block);
            int[] expected = expected(words, drawn);
            assertThat(whole).isEqualTo(expected);
            assertThat(back.asSlice(0, 4L * words).toArray(ValueLayout.JAVA_INT))
                    .isEqualTo(Arrays.copyOf(expected, words));
            assertThat(back.getAtIndex(ValueLayout.JAVA_INT, words)).isEqualTo(UNTOUCHED + words);
        }
    }

    private static int[] expected(int words, int drawn) {
        int[] expected = new int[ROOM];
        for (int i = 0; i < ROOM; i++) {
            expected[i] = i >= words ? UNTOUCHED : i < drawn ? 7_000_000 + i : 1000 + i;
        }
        return expected;
    }

    /// As many copies as one kernel makes, in both directions, of all lengths; those of the next one are its own.
    @Test
    void copiesOfOneKernelDoNotMix() {
        try (CudaCard card = TestCard.open();
                CudaStream stream = card.newStream()) {
            MemorySegment host = numbered(card, 0);
            long block = onCard(card, stream, filled(card));
            var exchange = new CardExchange(card);
            for (int i = 0; i < CardExchange.MOST; i++) {
                exchange.copy(block + 4096L * i, card.seenByCard(host) + 1024L * i, 4L * 77 * i);
            }
            exchange.run(stream);
            exchange.copy(block + 4096L * CardExchange.MOST, card.seenByCard(host), 8)
                    .run(stream);
            int[] whole = contents(card, stream, block);
            int[] expected = new int[ROOM];
            Arrays.fill(expected, UNTOUCHED);
            for (int i = 0; i < CardExchange.MOST; i++) {
                for (int j = 0; j < 77 * i; j++) {
                    expected[1024 * i + j] = 256 * i + j;
                }
            }
            expected[1024 * CardExchange.MOST] = 0;
            expected[1024 * CardExchange.MOST + 1] = 1;
            assertThat(whole).isEqualTo(expected);
        }
    }

    private MemorySegment numbered(CudaCard card, int first) {
        MemorySegment host = room(card);
        for (int i = 0; i < ROOM; i++) {
            host.setAtIndex(ValueLayout.JAVA_INT, i, first + i);
        }
        return host;
    }

    private MemorySegment filled(CudaCard card) {
        return room(card).fill((byte) UNTOUCHED);
    }

    private MemorySegment room(CudaCard card) {
        MemorySegment host = card.allocateHost((long) Integer.BYTES * ROOM);
        onHost.add(host);
        return host;
    }

    private long onCard(CudaCard card, CudaStream stream, MemorySegment host) {
        long address = card.allocate(host.byteSize());
        onCard.add(address);
        stream.copyToDevice(address, host);
        stream.await();
        return address;
    }

    private int[] contents(CudaCard card, CudaStream stream, long block) {
        MemorySegment host = room(card);
        stream.copyToHost(host, block);
        stream.await();
        return host.toArray(ValueLayout.JAVA_INT);
    }
}
