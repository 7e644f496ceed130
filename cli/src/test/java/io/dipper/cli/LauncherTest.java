package io.dipper.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The launcher on machines that lack something: it says what, and how to get it.
@Timeout(60)
class LauncherTest {
    /// What the launcher itself is written in.
    private static final List<String> TOOLS = List.of(
            "bash",
            "readlink",
            "dirname",
            "sed",
            "head",
            "sort",
            "find",
            "grep",
            "mkdir",
            "tee",
            "cat",
            "env",
            "touch");

    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void aMachineWithoutAnything() throws IOException {
        path = Files.createDirectory(folder.resolve("bin"));
        for (String tool : TOOLS) {
            program(path.resolve(tool), "exec " + tool(tool) + " \"$@\"");
        }
    }

    @Test
    void withoutJavaItNamesTheJdkAndAPackage() throws Exception {
        Result result = dipper("up");
        assertThat(result.code).isEqualTo(2);
        assertThat(result.out).isEmpty();
        assertThat(result.err).contains("JDK 25 is missing (on PATH: none)").contains("temurin-25-jdk");
    }

    @Test
    void anOldJavaIsNamed() throws Exception {
        jdk(folder.resolve("old"), "17.0.9");
        Files.createSymbolicLink(path.resolve("java"), folder.resolve("old/bin/java"));
        assertThat(dipper("up").err).contains("JDK 25 is missing (on PATH: java 17)");
    }

    @Test
    void aJdkInTheUsualFolderServesWhereJavaIsOld() throws Exception {
        jdk(folder.resolve("old"), "17.0.9");
        Files.createSymbolicLink(path.resolve("java"), folder.resolve("old/bin/java"));
        jdk(folder.resolve("jvm/jdk-25"), "25.0.1");
        assertThat(dipper("build").err).contains("Maven is missing").contains("apt-get install maven");
    }

    @Test
    void anOldMavenIsNamed() throws Exception {
        jdk(folder.resolve("jvm/jdk-25"), "25.0.1");
        program(path.resolve("mvn"), "echo 'Apache Maven 3.6.3 (abc)'");
        Result result = dipper("build");
        assertThat(result.code).isEqualTo(2);
        assertThat(result.err).contains("Maven 3.6.3 is too old").contains("3.8.7");
    }

    @Test
    void withoutNodeItNamesNode() throws Exception {
        jdk(folder.resolve("jvm/jdk-25"), "25.0.1");
        program(path.resolve("mvn"), "echo 'Apache Maven 3.9.9 (abc)'");
        assertThat(dipper("build").err).contains("Node.js with npm is missing").contains("apt-get install nodejs npm");
    }

    @Test
    void anOldNodeIsNamed() throws Exception {
        jdk(folder.resolve("jvm/jdk-25"), "25.0.1");
        program(path.resolve("mvn"), "echo 'Apache Maven 3.9.9 (abc)'");
        program(path.resolve("npm"), "exit 0");
        program(path.resolve("node"), "echo v18.19.0");
        Result result = dipper("test");
        assertThat(result.code).isEqualTo(2);
        assertThat(result.err).contains("Node 18.19.0 is too old").contains("Node 20 or newer");
    }

    private record Result(int code, String out, String err) {}

    private Result dipper(String... arguments) throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        var builder = new ProcessBuilder();
        builder.command().add(Fixtures.root().resolve("dipper").toString());
        builder.command().addAll(List.of(arguments));
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.put("PATH", path.toString());
        environment.put("HOME", folder.toString());
        environment.put("DIPPER_JVM_FOLDER", folder.resolve("jvm").toString());
        int code = builder.redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start()
                .waitFor();
        return new Result(code, Files.readString(out), Files.readString(err));
    }

    private static void jdk(Path home, String version) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        program(home.resolve("bin/java"), "exit 0");
        program(home.resolve("bin/javac"), "exit 0");
    }

    private static void program(Path file, String line) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static Path tool(String name) {
        for (String folder : List.of("/usr/bin", "/bin")) {
            if (Files.isExecutable(Path.of(folder, name))) {
                return Path.of(folder, name);
            }
        }
        throw new IllegalStateException("no " + name);
    }
}
