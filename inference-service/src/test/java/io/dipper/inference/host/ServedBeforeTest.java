package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.export.Target;
import io.dipper.inference.host.ServedFile.Entry;
import io.dipper.servicesupport.http.Readiness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a process asks for that comes after another, where not all of it can be had.
@Timeout(60)
class ServedBeforeTest extends OnHostWithoutModels {
    @TempDir
    Path folder;

    @Test
    void anEntryThatMeansNothingHereLeavesTheOthersTheirTurn() throws Exception {
        answered.countDown();
        ServedFile file = left("""
                [{"model": "of-tomorrow", "target": "cpu-of-tomorrow"}, 7, null, {},
                 {"model": "", "target": "cpu-f32"}, {"model": "%s", "target": "cpu-f32"}]""".formatted(NAME));
        try (ModelHost host = host();
                var before = new ServedBefore(host, file)) {
            before.start();
            assertThat(asked.take()).isEqualTo(Wanted.of(NAME, Target.CPU_F32));
        }
    }

    @Test
    void ofAFileThatNoServiceWroteTheFirstAreLoadedAndTheRestIsGone() throws Exception {
        answered.countDown();
        ServedFile file = left(IntStream.range(0, 5000)
                .mapToObj("{\"model\": \"model-%d\", \"target\": \"cpu-f32\"}"::formatted)
                .collect(Collectors.joining(",", "[", "]")));
        try (ModelHost host = host();
                var before = new ServedBefore(host, file);
                var first = new FirstModel(host, new Readiness(), Optional.of(before), MODEL)) {
            before.start();
            first.start();
            var loaded = new HashSet<Wanted>();
            while (loaded.size() < ServedFile.MOST_ENTRIES + 1) {
                loaded.add(asked.take());
            }
            assertThat(loaded)
                    .contains(MODEL)
                    .contains(Wanted.of("model-" + (ServedFile.MOST_ENTRIES - 1), Target.CPU_F32))
                    .doesNotContain(Wanted.of("model-" + ServedFile.MOST_ENTRIES, Target.CPU_F32));
            assertThat(host.list()).hasSize(ServedFile.MOST_ENTRIES + 1);
            assertThat(file.read()).hasSize(ServedFile.MOST_ENTRIES);
        }
    }

    @Test
    void aDeathIsCountedForWhatIsBeingLoadedHoweverManyServe() throws Exception {
        ServedFile file = left(IntStream.range(0, ServedFile.MOST_ENTRIES)
                .mapToObj("{\"model\": \"model-%d\", \"target\": \"cpu-f32\", \"deaths\": 3}"::formatted)
                .collect(Collectors.joining(",", "[", "]")));
        try (ModelHost host = host();
                var before = new ServedBefore(host, file)) {
            before.start();
            before.load(MODEL, () -> true);
            assertThat(asked.take()).isEqualTo(MODEL);
            assertThat(file.read()).hasSize(ServedFile.MOST_ENTRIES).contains(new Entry(MODEL, 0, true));
            answered.countDown();
        }
    }

    @Test
    void whatIsAboutToBeLoadedStandsInTheFileBeforeTheFirstLoad() throws Exception {
        ServedFile file = left("""
                [{"model": "a-model", "target": "cpu-f32"}, {"model": "another", "target": "cpu-f32"}]""");
        try (ModelHost host = host();
                var before = new ServedBefore(host, file)) {
            before.start();
            assertThat(asked.take()).isIn(MODEL, OTHER);
            assertThat(file.read()).containsExactlyInAnyOrder(new Entry(MODEL, 0, true), new Entry(OTHER, 0, true));
            answered.countDown();
        }
    }

    @Test
    void aDeathDuringALoadIsCountedBeforeTheNextLoad() throws Exception {
        ServedFile file = left("""
                [{"model": "a-model", "target": "cpu-f32", "loading": true}]""");
        try (ModelHost host = host();
                var before = new ServedBefore(host, file)) {
            before.start();
            assertThat(asked.take()).isEqualTo(MODEL);
            assertThat(file.read()).containsExactly(new Entry(MODEL, 1, true));
            answered.countDown();
        }
    }

    @Test
    void whoseLoadSeveralProcessesDiedOfIsLeftOutUntilSomebodyAsksForIt() throws Exception {
        ServedFile file = left("""
                [{"model": "a-model", "target": "cpu-f32", "deaths": 2, "loading": true},
                 {"model": "another", "target": "cpu-f32"}]""");
        try (ModelHost host = host();
                var before = new ServedBefore(host, file);
                var first = new FirstModel(host, new Readiness(), Optional.of(before), MODEL)) {
            before.start();
            first.start();
            assertThat(asked.take()).isEqualTo(OTHER);
            HostedModel leftOut = host.find(NAME).orElseThrow();
            assertThat(leftOut.state()).isEqualTo(HostedModel.State.FAILED);
            assertThat(leftOut.message()).contains("died while it was being loaded: 3", "left out", "dipper load");
            assertThat(file.read()).contains(new Entry(MODEL, 3, false));

            host.load(MODEL);
            assertThat(asked.take()).isEqualTo(MODEL);
            while (!file.read().contains(new Entry(MODEL, 3, true))) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            answered.countDown();
        }
    }

    @Test
    void whatWasLeftOutIsForgottenWhenSomebodyUnloadsIt() throws Exception {
        ServedFile file = left("""
                [{"model": "a-model", "target": "cpu-f32", "deaths": 3}]""");
        try (ModelHost host = host();
                var before = new ServedBefore(host, file)) {
            before.start();
            assertThat(file.read()).containsExactly(new Entry(MODEL, 3, false));
            assertThat(host.unload(NAME)).isTrue();
            awaitEmpty(file);
        }
    }

    @Test
    void whatIsUnloadedBetweenTwoTriesDoesNotComeBack() throws Exception {
        answered.countDown();
        ServedFile file = left("""
                [{"model": "a-model", "target": "cpu-f32"}]""");
        try (ModelHost host = host();
                var before = new ServedBefore(host, file);
                var first = new FirstModel(host, new Readiness(), Optional.of(before), MODEL)) {
            before.start();
            first.start();
            while (!host.unload(NAME)) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            asked.clear();
            while (!file.read().isEmpty()) {
                assertThat(asked).isEmpty();
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertThat(host.find(NAME)).isEmpty();
        }
    }

    @Test
    void whatIsUnloadedWhileItIsBeingLoadedDoesNotComeBack() throws Exception {
        ServedFile file = left("""
                [{"model": "a-model", "target": "cpu-f32"}]""");
        try (ModelHost host = host();
                var before = new ServedBefore(host, file);
                var first = new FirstModel(host, new Readiness(), Optional.of(before), MODEL)) {
            before.start();
            first.start();
            assertThat(asked.take()).isEqualTo(MODEL);
            assertThat(host.unload(NAME)).isTrue();
            assertThat(host.find(NAME)).isEmpty();
            awaitEmpty(file);
            // Of the two that stay as long as their service.
            while (host.listenerCount() > 2) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertThat(asked).isEmpty();
        }
    }

    @Test
    void whatWaitsForAnotherIsListedAndCanBeUnloaded() throws Exception {
        ServedFile file = left("""
                [{"model": "another", "target": "cpu-f32", "loading": true}]""");
        var isDone = new CountDownLatch(1);
        try (ModelHost host = host();
                var before = new ServedBefore(host, file);
                var patient = new PatientLoad(host, MODEL, Integer.MAX_VALUE, before::load, isDone::countDown)) {
            before.start();
            assertThat(asked.take()).isEqualTo(OTHER);
            patient.start();
            assertThat(host.find(NAME).orElseThrow().message()).contains("waits while another is loaded");
            assertThat(host.unload(NAME)).isTrue();
            isDone.await();
            assertThat(host.find(NAME)).isEmpty();
            answered.countDown();
        }
    }

    @Test
    void whereOneOfSeveralMayHaveBeenTheReasonEachIsLoadedAlone() throws Exception {
        ServedFile file = left("""
                [{"model": "a-model", "target": "cpu-f32", "loading": true},
                 {"model": "another", "target": "cpu-f32", "loading": true}]""");
        try (ModelHost host = host();
                var before = new ServedBefore(host, file)) {
            before.start();
            assertThat(asked.take()).isEqualTo(MODEL);
            assertThat(host.find("another").orElseThrow())
                    .satisfies(waiting -> assertThat(waiting.state()).isEqualTo(HostedModel.State.FAILED))
                    .satisfies(waiting -> assertThat(waiting.message()).contains("loaded alone"));
            assertThat(file.read()).containsExactlyInAnyOrder(new Entry(MODEL, 1, true), new Entry(OTHER, 1, false));
            answered.countDown();
            while (!asked.take().equals(OTHER)) {
                assertThat(host.find("another")).isPresent();
            }
        }
    }

    @Test
    void anEndThatNoLoadBroughtAboutIsCountedForNone() throws Exception {
        ServedFile file = left("[]");
        try (ModelHost host = host()) {
            var before = new ServedBefore(host, file);
            before.start();
            before.load(MODEL, () -> true);
            assertThat(file.read()).containsExactly(new Entry(MODEL, 0, true));
            before.keep();
            before.close();
            assertThat(file.read()).containsExactly(new Entry(MODEL, 0, false));
            answered.countDown();
        }
    }

    private static void awaitEmpty(ServedFile file) throws Exception {
        while (!file.read().isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private ServedFile left(String json) throws IOException {
        return new ServedFile(Files.writeString(folder.resolve("served-1.json"), json));
    }
}
