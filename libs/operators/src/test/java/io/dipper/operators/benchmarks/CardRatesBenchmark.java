package io.dipper.operators.benchmarks;

import io.dipper.operators.cuda.CardRates;
import io.dipper.operators.cuda.CudaCard;
import java.util.Locale;

/// Prints what the first card of this machine reaches: reading, products, copies from the host.
public final class CardRatesBenchmark {
    private CardRatesBenchmark() {}

    public static void main(String[] arguments) {
        try (CudaCard card = CudaCard.open(0)) {
            System.out.printf(
                    Locale.ROOT,
                    "%s: %s, copies from the host %.1f GB/s%n",
                    card.description(),
                    CardRates.of(card),
                    CardRates.copyRate(card) * 1e-9);
        }
    }
}
