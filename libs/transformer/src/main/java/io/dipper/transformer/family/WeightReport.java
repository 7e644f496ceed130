package io.dipper.transformer.family;

import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.family.Renaming.Layout;
import io.dipper.transformer.family.Renaming.View;
import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What a checkpoint's tensors are against what the tree needs, all of it in one report, made from
/// names and shapes alone before any tensor is read.
///
/// `views` says, by tree path, where each weight lies; it is complete only if [#fits].
public record WeightReport(
        Layout layout,
        Map<String, View> views,
        List<String> missing,
        List<String> extra,
        List<Misshapen> misshapen,
        Map<String, String> leftOut) {

    public record Misshapen(String tensor, List<Integer> expected, List<Long> found) {}

    /// Compares with the tensors' shapes by name.
    public static WeightReport of(Read read, Map<String, List<Long>> tensors) {
        return read.names().layouts().stream()
                .map(layout -> of(read, layout, tensors))
                .min(Comparator.comparingInt(report -> report.missing().size()))
                .orElseThrow();
    }

    private static WeightReport of(Read read, Layout layout, Map<String, List<Long>> tensors) {
        List<Weight> weights = Weights.of(read.model());
        Map<String, View> views = read.names().views(weights, layout);
        Map<String, List<Integer>> expected = new TreeMap<>();
        views.values().forEach(view -> expected.put(view.tensor(), view.tensorShape()));
        Set<String> idle = weights.stream()
                .filter(weight -> weight.use() == Weight.Use.IDLE)
                .map(weight -> views.get(weight.path()).tensor())
                .collect(Collectors.toSet());
        List<String> missing = new ArrayList<>();
        List<Misshapen> misshapen = new ArrayList<>();
        Set<String> used = new HashSet<>();
        expected.forEach((name, shape) -> {
            StoredParts parts = StoredParts.of(read.storage(), name, shape, tensors);
            used.addAll(parts.shapes().keySet());
            parts.shapes().forEach((part, partShape) -> {
                List<Long> found = tensors.get(part);
                if (found == null) {
                    if (!idle.contains(name)) {
                        missing.add(part);
                    }
                } else if (!found.equals(
                        partShape.stream().map(Integer::longValue).toList())) {
                    misshapen.add(new Misshapen(part, partShape, found));
                }
            });
        });
        List<String> extra = new ArrayList<>();
        Map<String, String> leftOut = new TreeMap<>();
        boolean tied = read.model().head().tied();
        for (String name : new TreeMap<>(tensors).keySet()) {
            if (!used.contains(name)) {
                read.names()
                        .leftOut(name, read.model().blocks().size())
                        .or(() -> tied && name.equals(layout.spell("lm_head.weight"))
                                ? Optional.of("repeats the tied embedding")
                                : Optional.empty())
                        .ifPresentOrElse(reason -> leftOut.put(name, reason), () -> extra.add(name));
            }
        }
        return new WeightReport(layout, views, missing, extra, misshapen, leftOut);
    }

    public boolean fits() {
        return missing.isEmpty() && extra.isEmpty() && misshapen.isEmpty();
    }

    /// All that does not fit, a line a tensor.
    public String text() {
        StringBuilder text = new StringBuilder();
        missing.forEach(name -> text.append("missing ").append(name).append('\n'));
        extra.forEach(name -> text.append("extra ").append(name).append('\n'));
        misshapen.forEach(entry -> text.append("misshapen ")
                .append(entry.tensor())
                .append(": expected ")
                .append(entry.expected())
                .append(", found ")
                .append(entry.found())
                .append('\n'));
        return text.toString();
    }
}
