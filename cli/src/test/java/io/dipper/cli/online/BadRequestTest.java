package io.dipper.cli.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// What is refused before any platform is asked.
class BadRequestTest {
    /// Where nobody answers: a command that gets so far says so.
    private static final Platform NOBODY = new Platform(URI.create("http://127.0.0.1:1"), "key");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:18080",
                "127.0.0.1:8080",
                "ftp://host",
                "http://",
                "http://a b",
                "",
                "http://h/x",
                "http://u@h"
            })
    void anAddressThatIsNoneIsRefusedByItsVariable(String url) {
        refused(
                () -> Platform.from(Map.of("DIPPER_URL", url, "DIPPER_API_KEY", "k")),
                "DIPPER_URL",
                "http://HOST:PORT",
                url);
    }

    @Test
    void anAddressMayEndWithASlash() {
        assertThatNoException()
                .isThrownBy(() -> Platform.from(Map.of("DIPPER_URL", "https://host:1/", "DIPPER_API_KEY", " k\n")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"secret\nmore", "secret\r\nX: y", "secret more", "secr\u00e9t"})
    void aKeyThatNoHeaderCanCarryIsRefusedAndNotShown(String key) throws Exception {
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> Platform.from(Map.of("DIPPER_API_KEY", key)))
                .withMessageContaining("DIPPER_API_KEY")
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("secr"));
        Path file = Files.writeString(folder.resolve("admin.key"), key);
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> Platform.from(Map.of("DIPPER_HOME", folder.toString())))
                .withMessageContaining(file.toString())
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("secr"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: !!binary x",
                "a: !!int x",
                "a: !!float x",
                "a: [",
                "a: 1\na: 2",
                "- 1",
                "",
                "a: &x [1]\nb: *x",
                "a: \u0001"
            })
    void aScenarioThatIsNoYamlIsRefusedByItsFile(String text) throws Exception {
        refusedScenario(Files.writeString(folder.resolve("bad.yaml"), text));
    }

    @Test
    void aScenarioIsATextFile() throws Exception {
        refusedScenario(Path.of("/dev/zero"));
        refusedScenario(folder);
        refusedScenario(folder.resolve("absent.yaml"));
        refusedScenario(Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xE9}));
        refusedScenario(Files.write(folder.resolve("large.yaml"), new byte[2 << 20]));
    }

    private void refusedScenario(Path file) {
        refused(() -> parsed(new BenchRunCommand(), file.toString()).run(NOBODY), file.toString());
    }

    @Test
    void theRootOfAllFoldersNamesNoModel() {
        refused(() -> parsed(new ImportCommand(), "/").run(NOBODY), "FOLDER /", "--name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".", ".."})
    void whatAPathTakesAsAStepIsNoName(String name) {
        refused(() -> parsed(new ShowCommand(), name).run(NOBODY), "name", name);
        refused(() -> parsed(new RmCommand(), name).run(NOBODY), "name", name);
        refused(() -> parsed(new KeysCommand.Revoke(), name).run(NOBODY), "name", name);
    }

    private static <T extends OnlineCommand> T parsed(T command, String... arguments) {
        new CommandLine(command).parseArgs(arguments);
        return command;
    }

    private static void refused(ThrowingCallable work, String... named) {
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(work)
                .withMessageContainingAll(named)
                .satisfies(refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.BAD_INPUT))
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("no platform answers", "\n"));
    }
}
