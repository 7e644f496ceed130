package io.dipper.cli.designs;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dipper designs`: the comparison page on standard output, or with its pictures in a folder.
@Command(
        name = "designs",
        description = "the published designs compared, as a Markdown page computed from their trees",
        mixinStandardHelpOptions = true)
public final class DesignsCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Option(names = "--out", paramLabel = "DIR", description = "write designs.md and its pictures there")
    Path out;

    @Override
    public Integer call() throws IOException {
        if (out == null) {
            PrintWriter writer = spec.commandLine().getOut();
            writer.print(DesignsPage.print());
            writer.flush();
            return 0;
        }
        Path pictures = Files.createDirectories(out.resolve("designs"));
        Files.writeString(out.resolve("designs.md"), DesignsPage.print());
        for (Map.Entry<String, String> picture : DesignPictures.print().entrySet()) {
            Files.writeString(pictures.resolve(picture.getKey() + ".svg"), picture.getValue());
        }
        return 0;
    }
}
