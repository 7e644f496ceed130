package io.dipper.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Which files of a published folder matter. Hubs also hold licences, pictures, and the same
/// weights in other forms (`pytorch_model.bin`, `consolidated.safetensors`, `onnx/…`), which nobody
/// here reads.
public final class CheckpointFiles {
    /// What decides the answers beside the weights.
    private static final Set<String> TEXTS = Set.of(
            Checkpoint.CONFIG,
            Checkpoint.INDEX,
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "tokenizer.model",
            "vocab.json",
            "merges.txt",
            "added_tokens.json",
            "special_tokens_map.json",
            "chat_template.jinja",
            "chat_template.json");

    /// Reference answers, and the card that tells where the weights come from.
    private static final Set<String> COMPANIONS = Set.of(
            "README.md", "LICENSE", "about.json", "expected.safetensors", "expected.jsonl", "expected-extra.jsonl");

    private CheckpointFiles() {}

    /// The files of the checkpoint in `folder` that decide its answers, sorted: what its digest
    /// covers.
    public static List<String> list(Path folder) throws IOException {
        Set<String> names = new TreeSet<>(Checkpoint.weightFiles(folder));
        names.addAll(existing(folder, TEXTS));
        return new ArrayList<>(names);
    }

    /// The files beside them that are worth keeping: reference answers and the card.
    public static List<String> companions(Path folder) {
        return existing(folder, COMPANIONS);
    }

    /// Whether a name at the top of a published folder is wanted, weights left aside.
    public static boolean isText(String name) {
        return TEXTS.contains(name);
    }

    private static List<String> existing(Path folder, Set<String> names) {
        return names.stream()
                .filter(name -> Files.isRegularFile(folder.resolve(name)))
                .sorted()
                .toList();
    }
}
