package io.dipper.engineort;

import io.dipper.operators.cuda.CudaCard;
import java.util.List;

/// The host's cards as a choice.
public final class Cards {
    private Cards() {}

    /// The one with the most free memory; a single one is not even asked.
    ///
    /// @param cards their numbers, at least one
    /// @throws RuntimeException if a card cannot be asked, naming what is missing
    /// @throws io.dipper.engine.DeviceLostException if one of them is lost to this process
    public static int roomiest(List<Integer> cards) {
        int best = cards.getFirst();
        if (cards.size() == 1) {
            return best;
        }
        long most = -1;
        for (int card : cards) {
            long free = freeBytes(card);
            if (free > most) {
                most = free;
                best = card;
            }
        }
        return best;
    }

    private static long freeBytes(int card) {
        try {
            return CudaCard.freeBytes(card);
        } catch (RuntimeException e) {
            throw CardFailure.told(CardPlacement.device(card), e);
        }
    }
}
