package io.dipper.cli.online;

import io.dipper.cli.Failure;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "import", description = "Brings a checkpoint folder in: checked, exported, ready to load.")
public final class ImportCommand extends OnlineCommand {
    @Parameters(paramLabel = "FOLDER", description = "a folder that the registry can read")
    Path folder;

    @Option(names = "--name", description = "the model's name (default: the folder's)")
    String name;

    @Override
    int run(Platform platform) throws InterruptedException {
        Path absolute = folder.toAbsolutePath().normalize();
        if (name == null && absolute.getFileName() == null) {
            throw Failure.badInput("FOLDER " + folder + " has no name that the model could have: give it --name");
        }
        String model = name != null ? name : absolute.getFileName().toString();
        var job = ImportJob.run(
                platform, model, "path:" + absolute, null, spec.commandLine().getErr());
        if (json) {
            print(job);
        }
        return 0;
    }
}
