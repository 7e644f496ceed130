package io.dipper.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.gateway.GatewaySettings;
import io.dipper.gateway.routing.BackendSettings;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// The pages under docs/reference say what the code does, no more and no less.
class ReferenceTest {
    private static final Path REFERENCE = Fixtures.root().resolve("docs/reference");

    /// `-Ddipper.write-reference=true` writes the page that is compared.
    private static final boolean WRITE = Boolean.getBoolean("dipper.write-reference");

    private static final Pattern PROPERTY = Pattern.compile("(?<![.\\w])dipper(\\.[a-z][a-z-]*)+");
    private static final Pattern VARIABLE = Pattern.compile("\"(DIPPER_[A-Z_]+)\"");
    private static final Pattern LITERAL = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");
    /// Between our own parts; names of meters; the prefixes of what is bound to records.
    private static final Set<String> INTERNAL = Set.of(
            "dipper.install",
            "dipper.terminal",
            "dipper.root",
            "dipper.service",
            "dipper.log-name",
            "dipper.backends",
            "dipper.gateway");

    private static final Pattern METER = Pattern.compile("dipper\\.(engine|gateway\\.(request|first\\.byte)).*");
    private static final Pattern ROUTE = Pattern.compile("`((?:GET|POST|PUT|DELETE) /[^`\\s]*)`");
    private static final Pattern CLASS_MAPPING = Pattern.compile("@RequestMapping\\(\"([^\"]+)\"\\)");
    private static final Pattern METHOD_MAPPING = Pattern.compile("@(Get|Post|Put|Delete)Mapping(\\(([^)]*)\\))?");
    private static final Pattern TABLE_ROUTE = Pattern.compile("\\.add\\((GET|POST), \"([^\"]+)\"");

    @Test
    void theCommandsAreThoseOfTheCli() throws IOException {
        Path page = REFERENCE.resolve("cli.md");
        String expected = commands();
        if (WRITE) {
            Files.writeString(page, expected);
        }
        assertThat(page)
                .as(
                        "run `mvn -pl cli -am test -Dtest=ReferenceTest -Dsurefire.failIfNoSpecifiedTests=false -Ddipper.write-reference=true`")
                .hasContent(expected.stripTrailing());
    }

    @Test
    void thePropertiesAreThoseThatTheCodeReads() throws IOException {
        Set<String> read = new TreeSet<>();
        for (String source : sources()) {
            Matcher literal = LITERAL.matcher(source);
            while (literal.find()) {
                Matcher property = PROPERTY.matcher(literal.group());
                while (property.find()) {
                    read.add(property.group());
                }
            }
        }
        read.removeAll(INTERNAL);
        read.removeIf(name -> METER.matcher(name).matches());
        addComponents(read, "dipper.gateway.", GatewaySettings.class);
        addComponents(read, "dipper.backends.NAME.", BackendSettings.class);

        Set<String> documented = firstCells("configuration.md", "`(dipper\\.[A-Za-z.-]+)`");
        assertThat(documented).isEqualTo(read);
    }

    @Test
    void theVariablesAreThoseThatTheCodeReads() throws IOException {
        Set<String> read = new TreeSet<>();
        for (String source : sources()) {
            Matcher variable = VARIABLE.matcher(source);
            while (variable.find()) {
                read.add(variable.group(1));
            }
        }
        assertThat(firstCells("configuration.md", "`(DIPPER_[A-Z_]+)`")).containsAll(read);
    }

    @Test
    void whatTheComposeFileSetsIsKnown() throws IOException {
        Set<String> known = firstCells("configuration.md", "`(DIPPER_[A-Z_]+)`");
        for (String property : firstCells("configuration.md", "`(dipper\\.[A-Za-z.-]+)`")) {
            known.add(property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_'));
        }
        Matcher set = Pattern.compile("^ +(DIPPER_[A-Z_]+):", Pattern.MULTILINE)
                .matcher(Files.readString(Fixtures.root().resolve("docker-compose.yml")));
        List<String> unknown = new ArrayList<>();
        while (set.find()) {
            if (!known.contains(set.group(1))) {
                unknown.add(set.group(1));
            }
        }
        assertThat(unknown).isEmpty();
    }

    @Test
    void theRoutesAreThoseOfTheServices() throws IOException {
        Set<String> served = new TreeSet<>();
        for (String source : sources()) {
            Matcher route = TABLE_ROUTE.matcher(source);
            while (route.find()) {
                served.add(route.group(1) + " " + route.group(2));
            }
            if (source.contains("@RestController")) {
                addMappings(source, served);
            }
        }
        Set<String> documented = new TreeSet<>();
        Matcher route = ROUTE.matcher(Files.readString(REFERENCE.resolve("http-api.md")));
        while (route.find()) {
            documented.add(route.group(1));
        }
        assertThat(documented).isEqualTo(served);
    }

    private static void addMappings(String source, Set<String> served) {
        Matcher onClass = CLASS_MAPPING.matcher(source);
        String prefix = onClass.find() ? onClass.group(1) : "";
        Matcher mapping = METHOD_MAPPING.matcher(source);
        while (mapping.find()) {
            String method = mapping.group(1).toUpperCase(Locale.ROOT);
            String arguments =
                    mapping.group(3) == null ? "" : mapping.group(3).replaceAll("(consumes|produces) = .*", "");
            Matcher path = LITERAL.matcher(arguments);
            boolean any = false;
            while (path.find()) {
                any = true;
                served.add(method + " " + prefix + path.group().replace("\"", ""));
            }
            if (!any) {
                served.add(method + " " + prefix);
            }
        }
    }

    private static void addComponents(Set<String> names, String prefix, Class<?> settings) {
        for (RecordComponent component : settings.getRecordComponents()) {
            names.add(prefix + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT));
        }
    }

    private static Set<String> firstCells(String page, String pattern) throws IOException {
        Set<String> names = new TreeSet<>();
        Pattern cell = Pattern.compile("^\\| " + pattern);
        for (String line : Files.readAllLines(REFERENCE.resolve(page))) {
            Matcher name = cell.matcher(line);
            if (name.find()) {
                names.add(name.group(1));
            }
        }
        return names;
    }

    private static List<String> sources() throws IOException {
        List<String> sources = new ArrayList<>();
        for (Path source : SourceSizesTest.mainSources()) {
            sources.add(Files.readString(source));
        }
        return sources;
    }

    private static String commands() {
        var page = new StringBuilder("""
                # The commands

                What `./dipper --help` and each command's `--help` print. Results go to standard output, everything else to
                standard error. Exit codes: 0 good, 1 the answer is no, 2 bad usage or input, also a file, a network, a setting or a card
                that is not fit for what was asked, 3 undecided, 70 a fault of Dipper's own (its stack is printed), an error of the JVM
                itself (memory ran out, ONNX Runtime's library does not load) or an embedded PostgreSQL that does not start (its disk is
                full, say), 75 a card is lost and a new process helps. `up` and `serve` end with 0 when they are stopped, also while they
                start, or with the signal's own code (143, 130) in their first moments. `./dipper test` and `./dipper build` are the
                launcher's own.
                """);
        add(page, Main.commandLine());
        return page.toString();
    }

    private static void add(StringBuilder page, CommandLine command) {
        command.setUsageHelpWidth(100);
        page.append("\n## ")
                .append(command.getCommandSpec().qualifiedName())
                .append("\n```\n")
                .append(command.getUsageMessage(CommandLine.Help.Ansi.OFF)
                        .lines()
                        .map(String::stripTrailing)
                        .reduce("", (all, line) -> all + line + "\n"))
                .append("```\n");
        for (CommandLine sub : Set.copyOf(command.getSubcommands().values()).stream()
                .sorted((one, other) -> one.getCommandName().compareTo(other.getCommandName()))
                .toList()) {
            add(page, sub);
        }
    }
}
