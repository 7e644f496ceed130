package io.dipper.transformer.diagram;

import io.dipper.transformer.diagram.Diagram.Line;
import io.dipper.transformer.diagram.Diagram.Part;
import io.dipper.transformer.diagram.Diagram.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Diagrams for Markdown: a flow from the tokens up, each kind of layer a frame with its branches.
public final class DiagramMermaid {
    private DiagramMermaid() {}

    public static String print(Diagram diagram) {
        StringBuilder text = new StringBuilder("flowchart BT\n");
        text.append("  %% ")
                .append(diagram.title())
                .append(": ")
                .append(diagram.layers().pattern())
                .append('\n');
        List<String> chain = new ArrayList<>(List.of("tokens"));
        text.append("  tokens([token ids])\n");
        for (int i = 0; i < diagram.sections().size(); i++) {
            Section section = diagram.sections().get(i);
            String id = "s" + i;
            chain.add(id);
            if (section.part() == Part.BLOCK) {
                frame(text, id, section);
            } else {
                text.append("  ").append(id).append("[\"").append(box(section)).append("\"]\n");
            }
        }
        chain.add("logits");
        text.append("  logits([logits])\n");
        for (int i = 1; i < chain.size(); i++) {
            text.append("  ")
                    .append(chain.get(i - 1))
                    .append(" --> ")
                    .append(chain.get(i))
                    .append('\n');
        }
        return text.toString();
    }

    private static void frame(StringBuilder text, String id, Section section) {
        text.append("  subgraph ")
                .append(id)
                .append("[\"")
                .append(escaped(section.heading()))
                .append("\"]\n");
        text.append("    direction BT\n");
        String before = "";
        for (Diagram.Step step : Diagram.Step.values()) {
            List<Line> lines =
                    section.lines().stream().filter(line -> line.step() == step).toList();
            if (!lines.isEmpty()) {
                String node = id + "_" + step.name().toLowerCase(Locale.ROOT);
                text.append("    ")
                        .append(node)
                        .append("[\"")
                        .append(lines(lines))
                        .append("\"]\n");
                if (!before.isEmpty()) {
                    text.append("    ")
                            .append(before)
                            .append(" --> ")
                            .append(node)
                            .append('\n');
                }
                before = node;
            }
        }
        text.append("  end\n");
    }

    private static String box(Section section) {
        return "<b>" + escaped(section.heading()) + "</b><br/>" + lines(section.lines());
    }

    private static String lines(List<Line> lines) {
        return lines.stream()
                .map(line -> escaped(line.label()) + ": " + escaped(line.value()))
                .collect(Collectors.joining("<br/>"));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }
}
