package io.dipper.inference.host;

import io.dipper.export.Target;
import io.dipper.openaiapi.json.Json;
import io.dipper.servicesupport.home.DipperHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// The file in a home in which a service says what it has, for the process that comes after it.
public final class ServedFile {
    private static final Logger LOG = LoggerFactory.getLogger(ServedFile.class);

    private final Path file;

    ServedFile(Path file) {
        this.file = file;
    }

    /// That of the service on a port.
    public static ServedFile of(DipperHome home, int port) {
        return new ServedFile(home.root().resolve("served-" + port + ".json"));
    }

    /// One model.
    ///
    /// @param deaths how many processes in a row died while it was being loaded
    /// @param loading whether it is being loaded now
    record Entry(Wanted wanted, int deaths, boolean loading) {}

    /// What the process before left; empty if that ended in order.
    List<Entry> read() {
        List<Entry> entries = new ArrayList<>();
        if (Files.exists(file)) {
            try {
                for (JsonNode node : Json.tree(Files.readString(file))) {
                    add(node, entries);
                }
            } catch (IOException | JacksonException e) {
                LOG.warn("the models that were served before could not be read from {}: {}", file, e.toString());
            }
        }
        return entries;
    }

    /// One that another build wrote, for a target that this one does not know, leaves the others as they are.
    private void add(JsonNode node, List<Entry> entries) {
        try {
            entries.add(new Entry(
                    wanted(node),
                    Math.max(0, node.path("deaths").asInt(0)),
                    node.path("loading").asBoolean(false)));
        } catch (IllegalArgumentException e) {
            LOG.warn("{} of {} is left out: {}", node, file, e.getMessage());
        }
    }

    private static Wanted wanted(JsonNode node) {
        String model = node.path("model").asString("");
        if (model.isBlank()) {
            throw new IllegalArgumentException("it names no model");
        }
        JsonNode card = node.path("card");
        return new Wanted(
                model,
                Target.named(node.path("target").asString("")),
                node.path("force").asBoolean(false),
                card.isInt() ? OptionalInt.of(card.intValue()) : OptionalInt.empty());
    }

    void write(Collection<Entry> entries) {
        try {
            Files.createDirectories(file.getParent());
            Path draft = file.resolveSibling(file.getFileName() + ".part");
            Files.write(draft, Json.bytes(json(entries)));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("the models that are served could not be written to {}: {}", file, e.toString());
        }
    }

    private static ArrayNode json(Collection<Entry> entries) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (Entry entry : entries) {
            Wanted wanted = entry.wanted();
            var node = list.addObject()
                    .put("model", wanted.asked())
                    .put("target", wanted.target().toString())
                    .put("force", wanted.force());
            wanted.card().ifPresent(card -> node.put("card", card));
            if (entry.deaths() > 0) {
                node.put("deaths", entry.deaths());
            }
            if (entry.loading()) {
                node.put("loading", true);
            }
        }
        return list;
    }

    /// Nobody is to come after.
    public void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("{} could not be taken away: {}", file, e.toString());
        }
    }
}
