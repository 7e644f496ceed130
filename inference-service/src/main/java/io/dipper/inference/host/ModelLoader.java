package io.dipper.inference.host;

import io.dipper.chat.ChatModelFiles;
import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Engine;
import io.dipper.engine.EngineLimits;
import io.dipper.engine.Runner;
import io.dipper.engine.RunnerShape;
import io.dipper.export.MemoryPlan;
import io.dipper.export.Target;
import io.dipper.inference.metrics.ModelMeters;
import io.dipper.inference.validation.ModelLimits;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Brings a model's files to life.
public final class ModelLoader {
    /// What a template reads of the conversation itself; the rest of its variables are options.
    private static final Set<String> NOT_OPTIONS = Set.of(
            "messages",
            "tools",
            "documents",
            "chat_template",
            "add_generation_prompt",
            "bos_token",
            "eos_token",
            "pad_token",
            "unk_token");

    private final RunnerFactory runners;
    private final CardTurn turn;
    private final MeterRegistry meters;
    private final InstantSource clock;

    public ModelLoader(RunnerFactory runners, CardTurn turn, MeterRegistry meters, InstantSource clock) {
        this.runners = runners;
        this.turn = turn;
        this.meters = meters;
        this.clock = clock;
    }

    /// See [RunnerFactory#require].
    void require(Target target, OptionalInt card) throws IOException {
        runners.require(target, card);
    }

    /// @throws InterruptedException if it is called off before anything is opened
    /// @throws io.dipper.engine.DeviceLostException if the device is lost to this process
    ServedModel load(ModelFiles files, OptionalInt card, Cancellation cancellation)
            throws IOException, InterruptedException {
        Manifest manifest = Manifest.open(files.exportFolder());
        ModelMemory.Planned planned = planned(files, manifest);
        var defaults = GenerationDefaults.read(files.checkpointFolder());
        ChatModelFiles chat = ChatModelFiles.load(files.checkpointFolder());
        try {
            int longestTokenBytes = longestTokenBytes(chat);
            Set<String> options = options(chat);
            return cancellation.interruptibly(() -> turn.take(manifest.target(), () -> {
                cancellation.holdOff();
                // The last that can fail: what it opened would else stay open.
                Runner runner = runners.open(files.exportFolder(), card);
                RunnerShape shape = runner.shape();
                var limits = new ModelLimits(
                        shape.vocabularySize(),
                        Math.min(shape.contextLength(), shape.longestSequence()),
                        longestTokenBytes,
                        options,
                        defaults);
                return served(files, manifest, chat, limits, runner, ModelMemory.Fixed.of(manifest, planned, runner));
            }));
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            chat.tokenizer().close();
            throw e;
        }
    }

    private ServedModel served(
            ModelFiles files,
            Manifest manifest,
            ChatModelFiles chat,
            ModelLimits limits,
            Runner runner,
            ModelMemory.Fixed memory) {
        var engine = new Engine(files.name(), runner, EngineLimits.forShape(runner.shape()));
        return new ServedModel(
                files.name(),
                clock.instant().getEpochSecond(),
                fingerprint(manifest),
                manifest.target(),
                files,
                engine,
                chat,
                limits,
                new ModelMeters(meters, files.name(), engine::stats),
                memory,
                new SharedUse(chat.tokenizer()::close));
    }

    private ModelMemory.Planned planned(ModelFiles files, Manifest manifest) throws IOException {
        Optional<MemoryPlan.Load> load = runners.load(manifest);
        return load.isPresent()
                ? ModelMemory.Planned.of(files.checkpointFolder(), manifest.target(), load.get())
                : ModelMemory.Planned.UNKNOWN;
    }

    private static String fingerprint(Manifest manifest) {
        String source = manifest.source();
        return "fp_" + source.substring(0, Math.min(12, source.length())) + "_" + manifest.target();
    }

    private static int longestTokenBytes(ChatModelFiles chat) {
        int longest = 1;
        for (int id = 0; id < chat.tokenizer().vocabularySize(); id++) {
            longest = Math.max(longest, chat.tokenizer().bytes(id).length);
        }
        return longest;
    }

    private static Set<String> options(ChatModelFiles chat) {
        Set<String> options = new HashSet<>(chat.template().optionNames());
        options.removeAll(NOT_OPTIONS);
        options.add(ModelLimits.ENABLE_THINKING);
        return options;
    }
}
