package io.dipper.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedFolderTest {
    @TempDir
    Path parent;

    @Test
    void nothingIsThereBeforePublishingAndEverythingAfter() throws IOException {
        Path target = parent.resolve("models/one");
        try (StagedFolder staged = StagedFolder.beside(target)) {
            Files.createDirectories(staged.path().resolve("deep"));
            Files.writeString(staged.path().resolve("deep/file"), "content");
            assertThat(target).doesNotExist();
            staged.publish();
        }
        assertThat(target.resolve("deep/file")).hasContent("content");
        assertThat(children(target.getParent())).containsExactly("one");
    }

    @Test
    void closingWithoutPublishingLeavesNothing() throws IOException {
        try (StagedFolder staged = StagedFolder.beside(parent.resolve("one"))) {
            Files.writeString(staged.path().resolve("file"), "half");
        }
        assertThat(children(parent)).isEmpty();
    }

    @Test
    void anExistingTargetIsNeverReplaced() throws IOException {
        Path target = parent.resolve("one");
        try (StagedFolder staged = StagedFolder.beside(target)) {
            Files.createDirectory(target);
            assertThatThrownBy(staged::publish).hasMessageContaining(target + ": exists already");
        }
        assertThatThrownBy(() -> StagedFolder.beside(target)).isInstanceOf(CheckpointException.class);
        assertThat(children(parent)).containsExactly("one");
    }

    @Test
    void leftoversOfTheDeadAreSweptAndTheLivingAreSpared() throws IOException {
        Path dead = Files.createDirectories(parent.resolve(".two.staged-99/content"))
                .getParent();
        Files.writeString(dead.resolve("lock"), "");
        try (StagedFolder living = StagedFolder.beside(parent.resolve("one"))) {
            Files.writeString(living.path().resolve("file"), "x");
            StagedFolder.sweep(parent);
            assertThat(dead).doesNotExist();
            assertThat(living.path().resolve("file")).exists();
        }
    }

    @Test
    void theLivingAreSparedByOtherProcessesWhateverTheirOwnHasSweptMeanwhile() throws Exception {
        try (StagedFolder living = StagedFolder.beside(parent.resolve("one"));
                StagedFolder next = StagedFolder.beside(parent.resolve("two"))) {
            Process other = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            Sweeper.class.getName(),
                            parent.toString())
                    .inheritIO()
                    .start();
            assertThat(other.waitFor()).isZero();
            assertThat(living.path()).exists();
            assertThat(next.path()).exists();
        }
        assertThat(children(parent)).isEmpty();
    }

    static final class Sweeper {
        private Sweeper() {}

        public static void main(String[] arguments) throws IOException {
            StagedFolder.sweep(Path.of(arguments[0]));
        }
    }

    @Test
    void sweepingWhereNothingWasEverStagedIsNoError() throws IOException {
        StagedFolder.sweep(parent.resolve("none"));
        assertThat(parent.resolve("none")).doesNotExist();
    }

    @Test
    void deletingATreeDoesNotFollowLinks() throws IOException {
        Path outside = Files.createDirectory(parent.resolve("outside"));
        Files.writeString(outside.resolve("precious"), "x");
        Path tree = Files.createDirectory(parent.resolve("tree"));
        Files.createSymbolicLink(tree.resolve("link"), outside);

        StagedFolder.deleteTree(tree);

        assertThat(tree).doesNotExist();
        assertThat(outside.resolve("precious")).exists();
    }

    @Test
    void moreThanTheDiskHasIsRefusedBeforehand() throws IOException {
        try (StagedFolder staged = StagedFolder.beside(parent.resolve("huge"))) {
            assertThatThrownBy(() -> staged.requireSpace(Long.MAX_VALUE))
                    .hasMessageContaining("huge: needs " + Long.MAX_VALUE + " bytes, the disk has");
        }
    }

    @Test
    void aFullDiskNamesTheFile() throws IOException {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.isWritable(full), "needs a device that is always full");
        try (OutputFile out = OutputFile.create(full)) {
            assertThatThrownBy(() -> out.write(new byte[4096]))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("/dev/full: cannot be written after 0 bytes: No space left on device");
        }
    }

    private static List<String> children(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
