package io.dipper.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Documents point at what is there.
class DocumentsTest {
    private static final Set<String> NOT_OURS = Set.of("target", "node_modules", "dist", ".git", "static");
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
    /// A path in code quotes that begins with one of the tree's own folders.
    private static final Pattern PATH = Pattern.compile("`((?:libs|cli|gateway|console|inference-service|model-registry"
            + "|benchmark-service|models|docs|tools)/[A-Za-z0-9_./-]*[A-Za-z0-9_-])/?`");
    private static final Pattern COMMAND_PATH =
            Pattern.compile("(?<=\\s)((?:libs|models|tools|docs)/[A-Za-z0-9_./-]*[A-Za-z0-9_-])");

    @Test
    void everyRelativeLinkLeadsToAFile() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path document : documents()) {
            Matcher link = LINK.matcher(withoutCode(Files.readString(document)));
            while (link.find()) {
                String target = link.group(1).replaceFirst("#.*", "");
                boolean relative = !target.isEmpty() && !target.contains("://") && !target.startsWith("mailto:");
                if (relative && !Files.exists(document.resolveSibling(target))) {
                    broken.add(name(document) + ": " + target);
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void everyPathOfTheTreeIsThere() throws IOException {
        List<String> missing = new ArrayList<>();
        for (Path document : documents()) {
            String text = Files.readString(document);
            for (Pattern pattern : List.of(PATH, COMMAND_PATH)) {
                Matcher path = pattern.matcher(text);
                while (path.find()) {
                    if (!Files.exists(Fixtures.root().resolve(path.group(1)))
                            && !Files.exists(document.resolveSibling(path.group(1)))) {
                        missing.add(name(document) + ": " + path.group(1));
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    private static String withoutCode(String text) {
        return text.replaceAll("(?s)```.*?```", "").replaceAll("`[^`\n]*`", "");
    }

    private static String name(Path document) {
        return Fixtures.root().relativize(document).toString();
    }

    static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        collect(Fixtures.root(), documents);
        return documents;
    }

    private static void collect(Path folder, List<Path> documents) {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.toList()) {
                if (Files.isDirectory(entry)) {
                    if (!NOT_OURS.contains(entry.getFileName().toString())) {
                        collect(entry, documents);
                    }
                } else if (entry.toString().endsWith(".md")) {
                    documents.add(entry);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
