package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.servicesupport.http.OpenPaths;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;

/// What docker-compose.yml says of Dipper's services is so: there is no engine here that would find
/// out.
class ComposeTest {
    private static final Pattern URL = Pattern.compile("http://([a-z.0-9-]+):(\\d+)");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)(:[-?][^}]*)?}");
    /// Kept for people: who reads a compose file looks for no other way to give a secret.
    private static final Set<String> SECRETS = Set.of("POSTGRES_PASSWORD", "DIPPER_SERVICE_TOKEN");

    static Stream<Named<Map<String, Object>>> ours() throws IOException {
        return services().entrySet().stream()
                .filter(entry -> text(entry.getValue().get("image")).startsWith("dipper:"))
                .map(entry -> Named.of(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest
    @MethodSource("ours")
    void theCommandIsOneThatTheCliTakes(Map<String, Object> service) {
        List<String> command = strings(service.get("command"));
        CommandLine.ParseResult parsed = commandLine().parseArgs(command.toArray(String[]::new));
        assertThat(parsed.hasSubcommand()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("ours")
    void aServiceIsAskedForItsHealthWhereItListens(Map<String, Object> service) {
        List<String> command = strings(service.get("command"));
        if (!command.getFirst().equals("serve")) {
            return;
        }
        assertThat(port(command)).isEqualTo(named(command).port(8080));
        List<String> test = strings(((Map<?, ?>) service.get("healthcheck")).get("test"));
        URI asked = URI.create(test.getLast());
        assertThat(asked.getPort()).isEqualTo(port(command));
        assertThat(OpenPaths.HEALTH).contains(asked.getPath());
    }

    /// An inference service that lost its card ends and counts on it.
    @ParameterizedTest
    @MethodSource("ours")
    void aServiceThatEndsUnaskedIsStartedAnew(Map<String, Object> service) {
        if (strings(service.get("command")).getFirst().equals("serve")) {
            assertThat(service.get("restart")).isEqualTo("unless-stopped");
        }
    }

    @ParameterizedTest
    @MethodSource("ours")
    void addressesAreThoseOfOtherServices(Map<String, Object> service) throws IOException {
        for (Object value : environment(service).values()) {
            Matcher address = URL.matcher(text(value));
            if (address.find()) {
                Map<String, Object> other = services().get(address.group(1));
                assertThat(other).as(text(value)).isNotNull();
                assertThat(port(strings(other.get("command"))))
                        .as(text(value))
                        .isEqualTo(Integer.parseInt(address.group(2)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ours")
    void theModelsLieAtTheSamePathForAllWhoReadThem(Map<String, Object> service) {
        List<String> command = strings(service.get("command"));
        if (command.getFirst().equals("serve")
                && Set.of(Service.REGISTRY, Service.INFERENCE).contains(named(command))) {
            assertThat(strings(service.get("volumes"))).contains("models:/var/lib/dipper/models");
        }
    }

    @Test
    void allFourServicesAreThere() throws IOException {
        Set<Service> served = ours().map(named -> strings(named.getPayload().get("command")))
                .filter(command -> command.getFirst().equals("serve"))
                .map(ComposeTest::named)
                .collect(Collectors.toSet());
        assertThat(served).containsExactlyInAnyOrder(Service.values());
    }

    @Test
    void secretsHaveNoDefaults() throws IOException {
        Matcher variable = VARIABLE.matcher(file());
        while (variable.find()) {
            if (SECRETS.contains(variable.group(1))) {
                assertThat(variable.group(2)).as(variable.group()).startsWith(":?");
            }
        }
        for (Map<String, Object> service : services().values()) {
            environment(service).forEach((name, value) -> {
                if (text(name).matches(".*(PASSWORD|TOKEN|KEY)")) {
                    assertThat(text(value)).as(text(name)).matches("\\$\\{\\w+:\\?[^}]+}");
                }
            });
        }
    }

    private static CommandLine commandLine() {
        var commands = new CommandLine(new Root()).setCaseInsensitiveEnumValuesAllowed(true);
        commands.addSubcommand(new ServeCommand());
        commands.addSubcommand(new io.dipper.cli.online.ImportCommand());
        return commands;
    }

    @CommandLine.Command(name = "dipper")
    private static final class Root {}

    private static Service named(List<String> command) {
        return Service.valueOf(command.get(1).toUpperCase(Locale.ROOT));
    }

    private static int port(List<String> command) {
        return Integer.parseInt(command.get(command.indexOf("--port") + 1));
    }

    private static String file() throws IOException {
        return Files.readString(Fixtures.root().resolve("docker-compose.yml"));
    }

    private static Map<String, Map<String, Object>> services() throws IOException {
        Map<String, Object> document = new Yaml().load(file());
        Map<String, Map<String, Object>> services = new LinkedHashMap<>();
        ((Map<?, ?>) document.get("services")).forEach((name, value) -> {
            Map<String, Object> service = new LinkedHashMap<>();
            ((Map<?, ?>) value).forEach((key, part) -> service.put(text(key), part));
            services.put(text(name), service);
        });
        return services;
    }

    private static Map<?, ?> environment(Map<String, Object> service) {
        return service.get("environment") instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<String> strings(Object list) {
        return ((List<?>) list).stream().map(ComposeTest::text).toList();
    }

    private static String text(Object value) {
        return String.valueOf(value);
    }
}
