package io.dipper.cli.designs;

import io.dipper.registry.designs.PublishedDesign;
import io.dipper.transformer.fold.Facts;
import io.dipper.transformer.fold.KvCache;
import io.dipper.transformer.fold.Parameters;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// A published design with all that is computed from it.
///
/// @param facts as `inspect` prints them
record Design(PublishedDesign published, String family, Model model, Parameters parameters, JsonNode facts) {
    static final int BYTES = 2;

    static Design of(PublishedDesign published) {
        var read = published.read();
        return new Design(
                published,
                read.family(),
                read.model(),
                Parameters.of(read.model()),
                Facts.of(read.model(), read.family(), read.files(), List.of()));
    }

    /// The name without its organisation.
    String name() {
        return published.name().substring(published.name().indexOf('/') + 1);
    }

    /// Bytes of one sequence's cache at two bytes a value.
    long cache(long tokens) {
        return BYTES * KvCache.values(model, tokens);
    }

    /// As if every layer kept every token.
    long cacheWithoutWindows(long tokens) {
        return BYTES
                * tokens
                * mixers().stream().mapToLong(KvCache::valuesPerToken).sum();
    }

    /// By which the cache grows with a token while no window is full.
    long bytesPerToken() {
        return BYTES * mixers().stream().mapToLong(KvCache::valuesPerToken).sum();
    }

    List<Mixer> mixers() {
        return model.blocks().stream().map(block -> block.mixer()).toList();
    }

    /// The routed experts of the first layer that has any.
    Optional<Experts> experts() {
        return model.blocks().stream()
                .map(block -> block.feedForward())
                .filter(Experts.class::isInstance)
                .map(Experts.class::cast)
                .findFirst();
    }

    /// Query heads of the first layer with attention.
    int heads() {
        return mixers().stream()
                .mapToInt(mixer -> switch (mixer) {
                    case Attention attention -> attention.heads();
                    case LatentAttention latent -> latent.heads();
                    default -> 0;
                })
                .filter(heads -> heads > 0)
                .findFirst()
                .orElse(0);
    }

    /// How many layers are of which kind: `52 sliding, 10 full`.
    String kinds() {
        Map<String, Long> counts = mixers().stream()
                .collect(Collectors.groupingBy(Facts::kind, LinkedHashMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .map(entry -> counts.size() == 1 ? entry.getKey() : entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }

    long expertLayers() {
        return model.blocks().stream()
                .filter(block -> block.feedForward() instanceof Experts)
                .count();
    }
}
