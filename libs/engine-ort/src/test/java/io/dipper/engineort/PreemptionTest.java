package io.dipper.engineort;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Progress;
import io.dipper.engine.Engine;
import io.dipper.engine.EngineLimits;
import io.dipper.engine.Event;
import io.dipper.engine.Outbox;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.Submitted;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Blocks, rings and states change hands when memory is short, and nobody's answer tells.
class PreemptionTest {
    private static final int SEQUENCES = 6;
    private static final int ANSWER = 56;
    private static final int CONTEXT = 96;
    private static final int STEP_TOKENS = 24;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"qwen3", "gemma3", "deepseek-v3", "gemma3n"})
    void withRoomForHalfOfThemAllAnswerAsTheyDoAlone(String design) throws Exception {
        assertThat(preemptions(design)).as("memory was short").isPositive();
    }

    /// States are given out before blocks: who finds none waits, and takes over one that was used.
    @Test
    void aStateThatAnotherSequenceLeftBehindIsAsGoodAsNew() throws Exception {
        assertThat(preemptions("qwen3-next")).isZero();
    }

    private long preemptions(String design) throws Exception {
        Path export = folder.resolve("export");
        ExportResult exported = Exporter.export(Fixtures.golden(design), Target.CPU_F32, export, Progress.NONE);
        assertThat(exported).as(exported.message()).isInstanceOf(ExportResult.Exported.class);
        var roomy = RunnerOptions.forLoad(SEQUENCES, CONTEXT, STEP_TOKENS, 1);
        List<List<Integer>> alone = new ArrayList<>();
        List<int[]> prompts;
        long bytes;
        try (OrtRunner runner = OrtRunner.open(export, roomy);
                var engine = new Engine("roomy", runner, limits(1))) {
            bytes = runner.kvReservedBytes();
            prompts = prompts(engine.shape().vocabularySize());
            for (int[] prompt : prompts) {
                alone.add(read(submit(engine, prompt)));
            }
        }
        var tight = new RunnerOptions(bytes / 2, SEQUENCES, CONTEXT, STEP_TOKENS, 1, null, 0, _ -> {});
        try (var engine = new Engine("tight", OrtRunner.open(export, tight), limits(SEQUENCES))) {
            List<Outbox> outboxes = new ArrayList<>();
            for (int[] prompt : prompts) {
                outboxes.add(submit(engine, prompt));
            }
            for (int i = 0; i < outboxes.size(); i++) {
                assertThat(read(outboxes.get(i))).as("answer %d", i).isEqualTo(alone.get(i));
            }
            while (engine.stats().running() > 0) {
                Thread.onSpinWait();
            }
            assertThat(engine.stats().heldBlocks()).isZero();
            return engine.stats().preempted();
        }
    }

    private static EngineLimits limits(int running) {
        return new EngineLimits(running, SEQUENCES, Long.MAX_VALUE, STEP_TOKENS, STEP_TOKENS, 4096);
    }

    private static List<int[]> prompts(int vocabulary) {
        var random = new SplittableRandom(11);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < SEQUENCES; i++) {
            prompts.add(random.ints(random.nextInt(20, CONTEXT - ANSWER), 0, vocabulary)
                    .toArray());
        }
        return prompts;
    }

    private static Outbox submit(Engine engine, int[] prompt) {
        var submission = new Submission(prompt, Sampling.greedy(), ANSWER, new int[0], true, false, 0);
        return ((Submitted.Accepted) engine.submit(submission)).outbox();
    }

    private static List<Integer> read(Outbox outbox) throws InterruptedException {
        List<Integer> ids = new ArrayList<>();
        while (true) {
            switch (outbox.take()) {
                case Event.Token token -> ids.add(token.id());
                case Event.Finished _ -> {
                    return ids;
                }
                case Event other -> throw new AssertionError(other);
            }
        }
    }
}
