package io.dipper.cli.online;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// A verb against a running platform.
abstract class OnlineCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Option(names = "--json", description = "print one JSON document")
    boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this help")
    boolean help;

    @Override
    public final Integer call() throws Exception {
        return run(Platform.from(System.getenv()));
    }

    abstract int run(Platform platform) throws Exception;

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    void note(String message) {
        spec.commandLine().getErr().println(message);
    }

    void print(JsonNode document) {
        out().println(document.toPrettyString());
        out().flush();
    }
}
