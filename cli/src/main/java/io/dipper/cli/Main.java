package io.dipper.cli;

import io.dipper.cli.designs.DesignsCommand;
import io.dipper.cli.offline.DiagramCommand;
import io.dipper.cli.offline.ExportCommand;
import io.dipper.cli.offline.InspectCommand;
import io.dipper.cli.offline.PlanCommand;
import io.dipper.cli.offline.ProveCommand;
import io.dipper.cli.offline.RenderCommand;
import io.dipper.cli.offline.TokenizeCommand;
import io.dipper.cli.online.BenchCommand;
import io.dipper.cli.online.ChatCommand;
import io.dipper.cli.online.ImportCommand;
import io.dipper.cli.online.KeysCommand;
import io.dipper.cli.online.ListCommand;
import io.dipper.cli.online.LoadCommand;
import io.dipper.cli.online.PsCommand;
import io.dipper.cli.online.PullCommand;
import io.dipper.cli.online.RmCommand;
import io.dipper.cli.online.RunCommand;
import io.dipper.cli.online.ShowCommand;
import io.dipper.cli.online.UnloadCommand;
import io.dipper.cli.platform.ServeCommand;
import io.dipper.cli.platform.UpCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// The `dipper` command. Results go to standard output, everything else to standard error.
@Command(
        name = "dipper",
        description = "Modern LLM designs, served on the JVM.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            UpCommand.class,
            ServeCommand.class,
            InspectCommand.class,
            DiagramCommand.class,
            DesignsCommand.class,
            PlanCommand.class,
            ExportCommand.class,
            ProveCommand.class,
            RenderCommand.class,
            TokenizeCommand.class,
            RunCommand.class,
            ChatCommand.class,
            ListCommand.class,
            ShowCommand.class,
            PullCommand.class,
            ImportCommand.class,
            RmCommand.class,
            LoadCommand.class,
            UnloadCommand.class,
            PsCommand.class,
            KeysCommand.class,
            BenchCommand.class,
        },
        footer = {"", "test and build are the launcher's own: `dipper test` runs every test, `dipper build` builds."})
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(out, err, arguments));
    }

    /// Runs one command line; returns its exit code, one of [ExitCode].
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        return run(commandLine(), out, err, arguments);
    }

    static int run(CommandLine line, PrintWriter out, PrintWriter err, String... arguments) {
        line.setOut(out)
                .setErr(err)
                .setParameterExceptionHandler((exception, _) -> misused(exception, err))
                .setExecutionExceptionHandler((exception, _, _) -> failed(exception, err));
        try {
            return line.execute(arguments);
        } catch (Error e) {
            // Which picocli lets pass.
            return failed(e, err);
        }
    }

    private static int failed(Throwable thrown, PrintWriter err) {
        Failure failure = Failure.of(thrown);
        err.println("dipper: " + failure.line());
        if (failure.needsStack()) {
            thrown.printStackTrace(err);
        }
        return failure.exitCode();
    }

    /// A line says what was wrong; where a command is missing, the ones that there are say more.
    private static int misused(ParameterException exception, PrintWriter err) {
        CommandLine line = exception.getCommandLine();
        boolean isUnknown = exception instanceof UnmatchedArgumentException;
        String hint = exception instanceof UnmatchedArgumentException unmatched
                        && !unmatched.getSuggestions().isEmpty()
                ? "; perhaps " + String.join(" or ", unmatched.getSuggestions())
                : "";
        String message = Failure.badInput(exception.getMessage()).line();
        err.println(
                "dipper: " + message + hint + " (see " + line.getCommandSpec().qualifiedName() + " --help)");
        if (!isUnknown && !line.getSubcommands().isEmpty()) {
            line.usage(err);
        }
        return ExitCode.BAD_INPUT;
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"dipper " + Optional.ofNullable(version).orElse("(from classes)")};
        }
    }
}
