package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.export.Target;
import io.dipper.inference.host.ServedFile.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/// A file that something has damaged: what can be read of it counts, and what is said of the rest is plain.
@ExtendWith(OutputCaptureExtension.class)
class ServedFileTest {
    private static final Wanted MODEL = Wanted.of("a-model", Target.CPU_F32);

    @TempDir
    Path folder;

    private Path path;
    private Path draft;
    private ServedFile file;

    @BeforeEach
    void name() {
        path = folder.resolve("served-1.json");
        draft = folder.resolve("served-1.json.part");
        file = new ServedFile(path);
    }

    @Test
    void oneThatIsTooLargeIsRefusedAndWrittenAnew(CapturedOutput output) throws Exception {
        String entry = """
                {"model": "a-model", "target": "cpu-f32"}""";
        String blanks = " ".repeat(ServedFile.MOST_BYTES - entry.length() - 2);
        assertThat(left("[" + entry + blanks + "]")).containsExactly(new Entry(MODEL, 0, false));
        assertThat(left("[" + entry + blanks + " ]")).isEmpty();
        assertThat(output).contains("could not be read from " + path + ": ", "more than 1048576 bytes");
        file.write(List.of(new Entry(MODEL, 1, false)));
        assertThat(file.read()).containsExactly(new Entry(MODEL, 1, false));
    }

    @Test
    void ofTooManyEntriesTheFirstCountAndTheLogNamesTheLimitAndTheRest(CapturedOutput output) throws Exception {
        String many = IntStream.range(0, 5000)
                .mapToObj("{\"model\": \"model-%d\", \"target\": \"cpu-f32\"}"::formatted)
                .collect(Collectors.joining(",", "[", "]"));
        List<Entry> read = left(many);
        assertThat(read).hasSize(ServedFile.MOST_ENTRIES);
        assertThat(output)
                .contains("holds 128 models at most, not 5000; the last 4872 are left out: model-128, model-129, ");
        assertThat(output.toString().lines()).allMatch(line -> line.length() < 1000);

        var more = new ArrayList<>(read);
        more.add(new Entry(MODEL, 0, false));
        assertThat(file.write(more)).isTrue();
        assertThat(path).content().contains("model-127").doesNotContain("a-model");
        assertThat(file.read()).isEqualTo(read);
        assertThat(output).contains("not 129; the last 1 are left out: a-model");
    }

    @Test
    void entriesThatMeanNothingCountToo(CapturedOutput output) throws Exception {
        assertThat(left("[" + "0,".repeat(200_000) + "{\"model\": \"a-model\", \"target\": \"cpu-f32\"}]"))
                .isEmpty();
        assertThat(output.toString().lines()).hasSizeLessThan(2 * ServedFile.MOST_ENTRIES);
    }

    @ParameterizedTest
    @CsvSource({"-7, 0", "2, 2", "2147483647, 1000000", "2147483648, 1000000", "9223372036854775807, 1000000", "1e30, 0"
    })
    void deathsCannotBeFewerThanNoneNorMoreThanCanBeCounted(String written, int read) throws Exception {
        assertThat(left("""
                [{"model": "a-model", "target": "cpu-f32", "deaths": %s}]""".formatted(written))).containsExactly(new Entry(MODEL, read, false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\\u0000b", "/a/\\u0000b", "a\\nb", "a\\u001b[31mb", "a\u009b31mb"})
    void aNameWithControlCharactersIsLeftOutAndNotSaidAsItIs(String name, CapturedOutput output) throws Exception {
        assertThat(left("""
                [{"model": "%s", "target": "cpu-f32"}, {"model": "a-model", "target": "cpu-f32"}]""".formatted(name))).containsExactly(new Entry(MODEL, 0, false));
        assertThat(output)
                .contains("is left out: its model is not named in plain text")
                .doesNotContain("\u009b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../x y", "a/b/c", "/nowhere/model", "-x"})
    void aNameThatNoModelCanHaveIsLeftOut(String name, CapturedOutput output) throws Exception {
        assertThat(left("""
                [{"model": "%s", "target": "cpu-f32"}, {"model": "a-model", "target": "cpu-f32"}]""".formatted(name))).containsExactly(new Entry(MODEL, 0, false));
        assertThat(output).contains(name, "is left out: a model's name is of letters");
    }

    @Test
    void aPathOfACheckpointCounts() throws Exception {
        Files.writeString(folder.resolve("config.json"), "{}");
        assertThat(left("""
                [{"model": "%s", "target": "cpu-f32"}]""".formatted(folder))).hasSize(1);
    }

    @Test
    void aPathThatGivesAModelNoNameItCanHaveIsLeftOut(CapturedOutput output) throws Exception {
        Path unnamed = Files.createDirectory(folder.resolve("no name"));
        Files.writeString(unnamed.resolve("config.json"), "{}");
        assertThat(left("""
                [{"model": "%s", "target": "cpu-f32"}]""".formatted(unnamed))).isEmpty();
        assertThat(output).contains("no name", "is left out: a model's name is of letters");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mkfifo", "mkdir"})
    @Timeout(60)
    void whatIsNoFileIsNotReadNorWaitedFor(String make, CapturedOutput output) throws Exception {
        for (Path one : List.of(path, draft)) {
            assertThat(new ProcessBuilder(make, one.toString()).start().waitFor())
                    .isZero();
        }
        assertThat(file.read()).isEmpty();
        assertThat(output).contains(path + ": ", "it is no regular file");
        file.write(List.of(new Entry(MODEL, 0, false)));
        assertThat(draft).doesNotExist();
        assertThat(Files.isRegularFile(path)).as("a folder stays").isEqualTo(make.equals("mkfifo"));
    }

    @Test
    void aTargetWithControlCharactersIsNotSaidAsItIsNorAtItsLength(CapturedOutput output) throws Exception {
        assertThat(left("""
                [{"model": "a-model", "target": "\\u0007\\u001b]0;title%s"}]""".formatted("x".repeat(100_000)))).isEmpty();
        assertThat(output).contains("target must be one of").doesNotContain("\u0007", "\u001b]0");
        assertThat(output.toString().lines()).allMatch(line -> line.length() < 1000);
    }

    @Test
    void aDraftOfAProcessThatDiedGoesWithTheFile() throws Exception {
        Files.writeString(draft, "[{\"model\": \"a-mo");
        file.delete();
        assertThat(draft).doesNotExist();
    }

    @Test
    void aDraftThatCannotTakeTheFilesPlaceDoesNotStay() throws Exception {
        Files.createDirectories(path.resolve("in-the-way"));
        file.write(List.of(new Entry(MODEL, 0, false)));
        assertThat(draft).doesNotExist();
    }

    private List<Entry> left(String json) throws IOException {
        Files.writeString(path, json);
        return file.read();
    }
}
