package io.dipper.inference.host;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Runner;
import io.dipper.engineort.Cards;
import io.dipper.engineort.OrtRunner;
import io.dipper.engineort.RunnerOptions;
import io.dipper.export.MemoryPlan;
import io.dipper.export.Target;
import io.dipper.operators.cuda.CudaCard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Models on ONNX Runtime.
///
/// @param onHost for targets that run on processors
/// @param onCard for those that run on a card, whichever it is
/// @param cards numbers of the host's cards that this service uses
public record OrtRunners(RunnerOptions onHost, RunnerOptions onCard, List<Integer> cards) implements RunnerFactory {
    public OrtRunners {
        cards = List.copyOf(cards);
    }

    @Override
    public Runner open(Path exportFolder, OptionalInt card) throws IOException {
        Manifest manifest = Manifest.open(exportFolder);
        RunnerOptions options = isForCards(manifest) ? onCard.withCard(choose(card)) : onHost;
        return OrtRunner.open(exportFolder, options.withProgress(new CopyProgress(manifest)));
    }

    /// Asks the driver alone: another model's graphs may be captured meanwhile, which other work on the card would
    /// break.
    @Override
    public void require(Target target, OptionalInt card) throws IOException {
        if (target.runsOnCard()) {
            CudaCard.describe(card.isPresent() ? own(card.getAsInt()) : own().getFirst());
        }
    }

    private int choose(OptionalInt card) throws IOException {
        return card.isPresent() ? own(card.getAsInt()) : card();
    }

    @Override
    public int card() throws IOException {
        return Cards.roomiest(own());
    }

    private int own(int card) throws IOException {
        if (!cards.contains(card)) {
            throw new IOException(
                    "card " + card + " is none of this service's (dipper.inference.cards: " + numbers() + ")");
        }
        return card;
    }

    private List<Integer> own() throws IOException {
        if (cards.isEmpty()) {
            throw new IOException("this service uses no card (dipper.inference.cards is empty)");
        }
        return cards;
    }

    private String numbers() {
        return String.join(", ", cards.stream().map(String::valueOf).toList());
    }

    private static boolean isForCards(Manifest manifest) {
        return manifest.target().startsWith("cuda-");
    }

    /// What fits on a card is not known before it is opened.
    @Override
    public Optional<MemoryPlan.Load> load(Manifest manifest) {
        RunnerOptions options = isForCards(manifest) ? onCard : onHost;
        if (options.kvBytes() == RunnerOptions.WHAT_FITS) {
            return Optional.empty();
        }
        return Optional.of(new MemoryPlan.Load(
                options.sequences(),
                Math.min(manifest.contextLength(), options.contextTokens()),
                options.maxChunkTokens(),
                options.kvBytes()));
    }
}
