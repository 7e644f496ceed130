package io.dipper.cli.offline;

import io.dipper.cli.Failure;
import io.dipper.transformer.diagram.Comparison;
import io.dipper.transformer.diagram.Diagram;
import io.dipper.transformer.diagram.DiagramMermaid;
import io.dipper.transformer.diagram.DiagramSvg;
import io.dipper.transformer.diagram.DiagramText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "diagram", description = "Draws a design, or two side by side with their differences marked.")
public final class DiagramCommand extends OfflineCommand {
    enum Format {
        SVG,
        MERMAID,
        TEXT
    }

    @Parameters(paramLabel = "PATH", description = "a checkpoint folder or a config.json")
    Path path;

    @Option(names = "--format", defaultValue = "text", description = "svg, mermaid or text (default: text)")
    Format format;

    @Option(names = "--against", paramLabel = "PATH", description = "a second design to compare with")
    Path against;

    @Override
    public Integer call() throws IOException {
        Diagram diagram = diagram(path);
        out().println(against == null ? one(diagram) : both(Comparison.of(diagram, diagram(against))));
        out().flush();
        return 0;
    }

    private static Diagram diagram(Path path) throws IOException {
        Path absolute = path.toAbsolutePath().normalize();
        Path named = absolute.toString().endsWith(".json") ? absolute.getParent() : absolute;
        // The root of all folders has no name.
        return Diagram.of(
                design(path).model(),
                Objects.requireNonNullElse(named.getFileName(), named).toString());
    }

    private String one(Diagram diagram) {
        return switch (format) {
            case SVG -> DiagramSvg.print(diagram);
            case MERMAID -> DiagramMermaid.print(diagram);
            case TEXT -> DiagramText.print(diagram);
        };
    }

    private String both(Comparison comparison) {
        return switch (format) {
            case SVG -> DiagramSvg.print(comparison);
            case TEXT -> DiagramText.print(comparison);
            case MERMAID -> throw Failure.badInput("--against is drawn as svg or text");
        };
    }
}
