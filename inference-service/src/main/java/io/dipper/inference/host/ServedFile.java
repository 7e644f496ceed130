package io.dipper.inference.host;

import io.dipper.export.Target;
import io.dipper.openaiapi.json.Json;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.http.PlainText;
import io.dipper.servicesupport.registry.ModelName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// The file in a home in which a service says what it has, for the process that comes after it.
public final class ServedFile {
    private static final Logger LOG = LoggerFactory.getLogger(ServedFile.class);

    /// What is larger, no service wrote.
    static final int MOST_BYTES = 1 << 20;

    /// Twice as many as cards can be named; with paths of the greatest length they fit [#MOST_BYTES].
    static final int MOST_ENTRIES = 128;

    /// As long as a path can be.
    private static final int MOST_NAME = 4096;

    /// More than are told apart.
    private static final int MOST_COUNTED = 1_000_000;

    private static final int MOST_SHOWN = 200;
    private static final int MOST_NAMED = 20;
    private static final Pattern UNSEEN = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private final Path file;
    private final Path draft;

    ServedFile(Path file) {
        this.file = file;
        this.draft = file.resolveSibling(file.getFileName() + ".part");
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
                JsonNode all = Json.tree(text());
                all.valueStream().limit(MOST_ENTRIES).forEach(node -> add(node, entries));
                if (all.size() > MOST_ENTRIES) {
                    leaveOut(
                            all.size(),
                            all.valueStream()
                                    .skip(MOST_ENTRIES)
                                    .map(node -> node.path("model").asString("?")));
                }
            } catch (IOException | JacksonException e) {
                LOG.warn("the models that were served before could not be read from {}: {}", file, shown(e.toString()));
            }
        }
        return entries;
    }

    private void leaveOut(int count, Stream<String> names) {
        LOG.warn(
                "{} holds {} models at most, not {}; the last {} are left out: {}",
                file,
                MOST_ENTRIES,
                count,
                count - MOST_ENTRIES,
                shown(names.limit(MOST_NAMED).collect(Collectors.joining(", "))));
    }

    /// Read to its limit, whatever the file system says of its size.
    private String text() throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("it is no regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new IOException("it has more than " + MOST_BYTES + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /// One that another build wrote, for a target that this one does not know, leaves the others as they are.
    private void add(JsonNode node, List<Entry> entries) {
        try {
            entries.add(new Entry(
                    wanted(node),
                    Math.clamp(node.path("deaths").asLong(0), 0, MOST_COUNTED),
                    node.path("loading").asBoolean(false)));
        } catch (IllegalArgumentException e) {
            LOG.warn("{} of {} is left out: {}", shown(node.toString()), file, shown(e.getMessage()));
        }
    }

    /// What a damaged file has may be long, and do something to a terminal.
    private static String shown(String text) {
        String plain = UNSEEN.matcher(text).replaceAll("?");
        return plain.length() > MOST_SHOWN ? plain.substring(0, MOST_SHOWN) + "…" : plain;
    }

    private static Wanted wanted(JsonNode node) {
        String model = node.path("model").asString("");
        if (model.isBlank()) {
            throw new IllegalArgumentException("it names no model");
        }
        if (model.length() > MOST_NAME || !PlainText.isPlain(model)) {
            throw new IllegalArgumentException(
                    "its model is not named in plain text of " + MOST_NAME + " characters at most");
        }
        JsonNode card = node.path("card");
        var wanted = new Wanted(
                model,
                Target.named(node.path("target").asString("")),
                node.path("force").asBoolean(false),
                card.isInt() ? OptionalInt.of(card.intValue()) : OptionalInt.empty());
        if (!wanted.isPossible()) {
            throw new IllegalArgumentException(ModelName.RULE);
        }
        return wanted;
    }

    /// Whether it is written now; what is past [#MOST_ENTRIES] is left out.
    boolean write(Collection<Entry> entries) {
        if (entries.size() > MOST_ENTRIES) {
            leaveOut(
                    entries.size(),
                    entries.stream()
                            .skip(MOST_ENTRIES)
                            .map(entry -> entry.wanted().asked()));
        }
        try {
            Files.createDirectories(file.getParent());
            if (!Files.isRegularFile(draft)) {
                // A pipe would be waited for.
                Files.deleteIfExists(draft);
            }
            Files.write(draft, Json.bytes(json(entries)));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (IOException e) {
            LOG.warn("the models that are served could not be written to {}: {}", file, e.toString());
            delete(draft);
            return false;
        }
    }

    private static ArrayNode json(Collection<Entry> entries) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        entries.stream().limit(MOST_ENTRIES).forEach(entry -> {
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
        });
        return list;
    }

    /// Nobody is to come after.
    public void delete() {
        delete(file);
        // Of a process that died while it wrote, perhaps.
        delete(draft);
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("{} could not be taken away: {}", path, e.toString());
        }
    }
}
