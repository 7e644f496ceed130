package io.dipper.inference.host;

import io.dipper.engineort.Cards;
import io.dipper.operators.cuda.CudaCard;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says at the start which cards the service can use, with all versions, or what is missing and what to
/// install. Whatever it is, `cpu-*` is served.
public final class CardReport {
    private static final Logger LOG = LoggerFactory.getLogger(CardReport.class);

    private final List<Integer> cards;

    /// @param cards the numbers of those that the service is to use
    public CardReport(List<Integer> cards) {
        this.cards = List.copyOf(cards);
    }

    /// Looks while the rest of the service starts; returns at once.
    public void start() {
        Thread.ofPlatform().daemon().name("look-at-cards").start(this::look);
    }

    private void look() {
        if (CudaCard.isDriverPresent()) {
            cards.forEach(CardReport::look);
        } else {
            LOG.info("no NVIDIA driver is installed: cuda-* exports are refused, cpu-* ones are served");
        }
    }

    private static void look(int card) {
        try {
            LOG.info("card {}: {}", card, Cards.describe(card));
        } catch (RuntimeException | LinkageError e) {
            LOG.warn("card {}: {}; cuda-* exports are refused, cpu-* ones are served", card, e.getMessage());
        }
    }
}
