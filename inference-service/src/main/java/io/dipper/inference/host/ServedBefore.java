package io.dipper.inference.host;

import io.dipper.export.Target;
import io.dipper.openaiapi.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// The models that a service has, in a file, for the process that comes after one that did not end as it
/// was told to: it loads them again. A service that stops in order takes the file away.
public final class ServedBefore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedBefore.class);

    /// Some minutes of asking: the registry may be late, but files that are gone stay gone.
    private static final int TRIES = 20;

    private final ModelHost host;
    private final Path file;
    private final Map<String, Wanted> awaited = new LinkedHashMap<>();
    private final List<PatientLoad> loads = new ArrayList<>();
    private boolean closed;
    private boolean kept;

    public ServedBefore(ModelHost host, Path file) {
        this.host = host;
        this.file = file;
    }

    /// Begins to load what the file lists; returns at once.
    public synchronized void start() {
        for (Wanted wanted : read()) {
            LOG.info("{} was served before the last process ended, and is loaded again", wanted.name());
            awaited.put(wanted.name(), wanted);
            loads.add(new PatientLoad(host, wanted, TRIES, () -> arrived(wanted.name())));
        }
        host.whenChanged(() -> Thread.ofVirtual().name("remember-models").start(this::write));
        loads.forEach(PatientLoad::start);
    }

    private synchronized void arrived(String name) {
        awaited.remove(name);
        write();
    }

    private synchronized void write() {
        if (closed) {
            return;
        }
        Map<String, Wanted> wanted = new LinkedHashMap<>(awaited);
        for (HostedModel model : host.list()) {
            if (model.state() == HostedModel.State.LOADING || model.state() == HostedModel.State.READY) {
                wanted.put(model.name(), model.wanted());
            }
        }
        try {
            Files.createDirectories(file.getParent());
            Path draft = file.resolveSibling(file.getFileName() + ".part");
            Files.write(draft, Json.bytes(json(wanted)));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("the models that are served could not be written to {}: {}", file, e.toString());
        }
    }

    private static ArrayNode json(Map<String, Wanted> models) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (Wanted wanted : models.values()) {
            var entry = list.addObject()
                    .put("model", wanted.asked())
                    .put("target", wanted.target().toString())
                    .put("force", wanted.force());
            wanted.card().ifPresent(card -> entry.put("card", card));
        }
        return list;
    }

    private List<Wanted> read() {
        List<Wanted> models = new ArrayList<>();
        if (Files.exists(file)) {
            try {
                for (JsonNode entry : Json.tree(Files.readString(file))) {
                    add(entry, models);
                }
            } catch (IOException | JacksonException e) {
                LOG.warn("the models that were served before could not be read from {}: {}", file, e.toString());
            }
        }
        return models;
    }

    /// One that another build wrote, for a target that this one does not know, leaves the others as they are.
    private void add(JsonNode entry, List<Wanted> models) {
        try {
            models.add(wanted(entry));
        } catch (IllegalArgumentException e) {
            LOG.warn("{} of {} is left out: {}", entry, file, e.getMessage());
        }
    }

    private static Wanted wanted(JsonNode entry) {
        String model = entry.path("model").asString("");
        if (model.isBlank()) {
            throw new IllegalArgumentException("it names no model");
        }
        JsonNode card = entry.path("card");
        return new Wanted(
                model,
                Target.named(entry.path("target").asString("")),
                entry.path("force").asBoolean(false),
                card.isInt() ? OptionalInt.of(card.intValue()) : OptionalInt.empty());
    }

    /// The file is to stay when this process ends, which nobody asked it for.
    public synchronized void keep() {
        kept = true;
    }

    /// The file stays if this process ends because it lost a device.
    @Override
    public synchronized void close() {
        closed = true;
        loads.forEach(PatientLoad::close);
        if (!kept && !host.isDeviceLost()) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.warn("{} could not be taken away: {}", file, e.toString());
            }
        }
    }
}
