package io.dipper.cli.designs;

import io.dipper.registry.designs.PublishedDesigns;
import io.dipper.transformer.diagram.CacheChart;
import io.dipper.transformer.diagram.Comparison;
import io.dipper.transformer.diagram.Diagram;
import io.dipper.transformer.diagram.DiagramSvg;
import io.dipper.transformer.diagram.ParameterChart;
import io.dipper.transformer.tree.Model;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The pictures of the page, by file name without its ending.
final class DesignPictures {
    static final String COMPARISON = "DeepSeek-V3-Kimi-K2-Instruct";
    static final List<String> DRAWN = List.of(
            "gpt2-xl",
            "Llama-3.1-8B",
            "Mistral-Small-3.1-24B-Base-2503",
            "OLMo-2-1124-7B",
            "gemma-2-27b-it",
            "gemma-3-27b-it",
            "gemma-3n-E4B",
            "Qwen3-32B",
            "Qwen3-235B-A22B",
            "DeepSeek-V3",
            "Kimi-K2-Instruct",
            "Llama-4-Maverick-17B-128E-Instruct");

    private static final List<String> CACHES = List.of(
            "Llama-3.1-405B",
            "Llama-3.1-8B",
            "OLMo-2-1124-7B",
            "Mistral-Small-3.1-24B-Base-2503",
            "Qwen3-235B-A22B",
            "DeepSeek-V3",
            "gemma-3-27b-it",
            "gemma-3n-E4B",
            "Llama-4-Maverick-17B-128E-Instruct",
            "Qwen3-Next-80B-A3B-Instruct",
            "gpt-oss-20b",
            "gpt2-xl");

    private DesignPictures() {}

    static Map<String, String> print() {
        Map<String, Model> models =
                PublishedDesigns.all().stream().map(Design::of).collect(Collectors.toMap(Design::name, Design::model));
        Map<String, String> pictures = new LinkedHashMap<>();
        pictures.put("parameters", ParameterChart.print(chosen(models, DRAWN)));
        pictures.put("cache", CacheChart.print(chosen(models, CACHES)));
        Function<String, Diagram> diagram = name -> Diagram.of(models.get(name), name);
        DRAWN.forEach(name -> pictures.put(name, DiagramSvg.print(diagram.apply(name))));
        pictures.put(
                COMPARISON,
                DiagramSvg.print(Comparison.of(diagram.apply("DeepSeek-V3"), diagram.apply("Kimi-K2-Instruct"))));
        return pictures;
    }

    private static Map<String, Model> chosen(Map<String, Model> models, List<String> names) {
        Map<String, Model> chosen = new LinkedHashMap<>();
        names.forEach(name -> chosen.put(name, models.get(name)));
        return chosen;
    }
}
