package io.dipper.cli.online;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "bench",
        description = "Benchmarks through the gateway.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = BenchRunCommand.class)
public final class BenchCommand {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this help")
    boolean help;
}
