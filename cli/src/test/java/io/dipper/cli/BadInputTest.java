package io.dipper.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.dipper.fixtures.Fixtures;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What no command can work with: exit code 2, nothing on standard output, one line that names it.
class BadInputTest {
    private static final String QWEN =
            Fixtures.configurations().resolve("Qwen--Qwen3-0.6B").toString();

    @TempDir
    Path folder;

    @Test
    void aPlanBeyondWhatTheModelOrTheProductHoldsIsNone() {
        refused("--context", "40961", plan("--context", "40961", "--concurrency", "1"));
        refused("--context", "2147483647", plan("--context", "2147483647", "--concurrency", "1"));
        refused("--context", "0", plan("--context", "0", "--concurrency", "1"));
        refused("--concurrency", "2147483647", plan("--context", "1", "--concurrency", "2147483647"));
        refused("--concurrency", "65537", plan("--context", "1", "--concurrency", "65537"));
        refused("--concurrency", "-1", plan("--context", "1", "--concurrency", "-1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-5", "0", "NaN", "99999999999999999999"})
    void memoryIsANumberOfBytes(String bytes) {
        refused("--memory", bytes, plan("--context", "1", "--concurrency", "1", "--memory", bytes));
    }

    @Test
    void theLargestPlanIsCountedAndDoesNotFit() {
        Result result = run("plan", QWEN, "--context", "40960", "--concurrency", "65536", "--memory", "1000000000000");
        assertThat(result.code).isEqualTo(1);
        assertThat(result.out).contains("615,726,511,554,560 bytes", "does not fit");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NaN", "-1", "Infinity"})
    void aLimitThatNothingCouldKeepOrMissIsNone(String limit) {
        refused("--limit", limit, "prove", Fixtures.golden("qwen3").toString(), "--limit", limit);
    }

    /// Before weights are read for it, which this folder lacks.
    @Test
    void aProofForACardThatIsNotThereSaysWhatToInstall() {
        assumeFalse(Files.exists(Path.of("/dev/nvidiactl")), "this machine has a card");
        refused("the NVIDIA driver is missing", "install", "prove", QWEN, "--target", "cuda-bf16");
    }

    @Test
    void onlyTextFilesOfAStatedSizeAreReadWhole() throws Exception {
        String good = Files.writeString(folder.resolve("good"), "").toString();
        Path latin = Files.write(folder.resolve("latin"), new byte[] {(byte) 0xE9, ' '});
        Path large = Files.write(folder.resolve("large"), new byte[InputFile.MIB + 1]);
        for (Path bad : new Path[] {latin, large, folder, folder.resolve("absent"), Path.of("/dev/zero")}) {
            refused(bad.toString(), "", "render", "--template", bad.toString(), "--cases", good);
        }
        refused(latin.toString(), "UTF-8", "render", "--template", good, "--cases", latin.toString());
        refused("/dev/zero", "", "render", "--template", good, "--cases", "/dev/zero");
        refused(latin.toString(), "UTF-8", "inspect", QWEN, "--slice", latin.toString());
    }

    @Test
    void textThatIsNotUtf8IsNotTokenized() {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream("{\"text\": \"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1)));
        try {
            refused(
                    "standard input",
                    "UTF-8",
                    "tokenize",
                    "--tokenizer",
                    Fixtures.dipperMini().resolve("tokenizer.json").toString());
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void misuseIsTold() {
        refused("--port", "abc", "up", "--port", "abc");
        refused("plann", "perhaps plan", "plann");
        refused("--context", "plan --help", "plan", QWEN);
    }

    private static String[] plan(String... options) {
        String[] command = new String[options.length + 2];
        command[0] = "plan";
        command[1] = QWEN;
        System.arraycopy(options, 0, command, 2, options.length);
        return command;
    }

    private static void refused(String named, String value, String... arguments) {
        Result result = run(arguments);
        assertThat(result.code).as(result.err).isEqualTo(2);
        assertThat(result.out).isEmpty();
        assertThat(result.err).hasLineCount(1).contains(named, value).doesNotContain("Exception");
    }

    private record Result(int code, String out, String err) {}

    private static Result run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(code, out.toString(), err.toString().strip());
    }
}
