package io.dipper.cli.platform;

import io.dipper.fixtures.Fixtures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The `dipper` command in a JVM of its own, from the classes under test.
final class DipperProcess {
    private DipperProcess() {}

    static ProcessBuilder of(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Ddipper.install=" + Fixtures.root(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "io.dipper.cli.Main"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }
}
