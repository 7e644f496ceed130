package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Copies of a few KB between page-locked memory of the host and memory of the card: all that are added before [#run]
/// by one kernel. Between two graphs on a stream it holds the card up less than a copying engine does. Addresses are
/// multiples of 16 and those by which the card reaches memory ([CudaCard#seenByCard]); bytes are whole fours.
public final class CardExchange {
    /// Copies in one kernel at most.
    public static final int MOST = 8;

    private static final int BLOCK = 128;
    private static final int WORD_BYTES = 4;
    private static final int WORDS_A_THREAD = 4;
    private static final int STRETCH_BYTES = 24;

    private final CudaKernel kernel;
    private final MemorySegment stretches = Arena.ofAuto().allocate(MOST * STRETCH_BYTES, 16);
    private int count;
    private long threads;
    private long instead;
    private long replaced;

    /// @param card one that [CudaCard#reachesHost]
    public CardExchange(CudaCard card) {
        this.kernel = card.kernel("exchange", "exchange");
    }

    public CardExchange copy(long to, long from, long bytes) {
        if (count == MOST) {
            throw new IllegalStateException("more than " + MOST + " copies at once");
        }
        long words = bytes / WORD_BYTES;
        long at = (long) STRETCH_BYTES * count++;
        stretches.set(JAVA_LONG, at, to);
        stretches.set(JAVA_LONG, at + 8, from);
        stretches.set(JAVA_LONG, at + 16, words);
        threads += Math.ceilDiv(words, WORDS_A_THREAD);
        return this;
    }

    /// Has the beginning of the first copy come from elsewhere.
    public CardExchange replace(long from, long bytes) {
        instead = from;
        replaced = bytes / WORD_BYTES;
        return this;
    }

    /// Queues what was added, and forgets it.
    public void run(CudaStream stream) {
        try {
            kernel.with()
                    .structure(stretches)
                    .address(instead)
                    .wide(replaced)
                    .launch(Math.toIntExact(Math.ceilDiv(threads, BLOCK)), 1, BLOCK, 0, stream.handle());
        } finally {
            clear();
        }
    }

    private void clear() {
        stretches.fill((byte) 0);
        count = 0;
        threads = 0;
        instead = 0;
        replaced = 0;
    }
}
