package io.dipper.cli.online;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "pull", description = "Downloads a checkpoint from the hub and brings it in.")
public final class PullCommand extends OnlineCommand {
    @Parameters(paramLabel = "ORGANISATION/NAME")
    String repository;

    @Option(names = "--name", description = "the model's name (default: the repository's)")
    String name;

    @Option(names = "--revision", description = "branch, tag or commit (default: main)")
    String revision;

    @Override
    int run(Platform platform) throws InterruptedException {
        String model = name != null ? name : repository.substring(repository.indexOf('/') + 1);
        var job = ImportJob.run(
                platform,
                model,
                "hub:" + repository,
                revision,
                spec.commandLine().getErr());
        if (json) {
            print(job);
        }
        return 0;
    }
}
