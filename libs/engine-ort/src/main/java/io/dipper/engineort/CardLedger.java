package io.dipper.engineort;

import io.dipper.engineort.OrtRunner.Taken;
import io.dipper.operators.cuda.CudaCard;
import java.util.ArrayList;
import java.util.List;

/// Where a card's memory went: what the driver had less of after each thing that was done. What other
/// processes do meanwhile is seen as ours.
final class CardLedger {
    static final String WEIGHTS = "weights";
    static final String POOLS = "keys and values";

    private final CudaCard card;
    private final List<Taken> entries = new ArrayList<>();
    private long free;

    CardLedger(CudaCard card) {
        this.card = card;
        this.free = card.freeBytesAtOpening();
    }

    /// What was taken since the last call was taken for this.
    void note(String what) {
        long now = card.freeBytes();
        entries.add(new Taken(what, free - now, false));
        free = now;
    }

    /// Beside it, bytes that a part says it has.
    void tell(String what, long bytes) {
        entries.add(new Taken(what, bytes, true));
    }

    /// Beside weights, keys and values.
    long besides() {
        return entries.stream()
                .filter(entry -> !entry.isPart()
                        && !entry.what().equals(WEIGHTS)
                        && !entry.what().equals(POOLS))
                .mapToLong(Taken::bytes)
                .sum();
    }

    List<Taken> entries() {
        return List.copyOf(entries);
    }
}
