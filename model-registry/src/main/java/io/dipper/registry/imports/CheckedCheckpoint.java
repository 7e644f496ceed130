package io.dipper.registry.imports;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.registry.catalogue.Architecture;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Refusal;
import io.dipper.transformer.family.WeightReport;
import io.dipper.transformer.fold.Facts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What configuration and headers of a checkpoint say, found to agree. No weight is read.
record CheckedCheckpoint(Architecture architecture, JsonNode facts) {
    /// @throws ImportRefusedException with all that is wrong
    static CheckedCheckpoint of(Path folder) throws IOException, ImportRefusedException {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            return switch (Families.read(checkpoint.config())) {
                case Refusal refusal -> throw new ImportRefusedException("config.json: " + refusal.message());
                case Reading.Read read -> of(checkpoint, read);
            };
        }
    }

    private static CheckedCheckpoint of(Checkpoint checkpoint, Reading.Read read) throws ImportRefusedException {
        Map<String, List<Long>> shapes = new HashMap<>();
        checkpoint
                .tensors()
                .forEach((name, tensor) ->
                        shapes.put(name, Arrays.stream(tensor.shape()).boxed().toList()));
        WeightReport report = WeightReport.of(read, shapes);
        if (!report.fits()) {
            throw new ImportRefusedException("the weights are not those of config.json:\n" + report.text());
        }
        ObjectNode facts = Facts.of(read.model(), read.family(), read.files(), List.of());
        String modelType = checkpoint.config().path("model_type").asString("");
        return new CheckedCheckpoint(Architecture.of(facts, modelType), facts);
    }
}
