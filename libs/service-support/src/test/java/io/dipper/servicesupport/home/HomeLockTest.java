package io.dipper.servicesupport.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.dipper.servicesupport.home.HomeLock.InUseException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Who holds a home is named where that is known.
@Timeout(60)
class HomeLockTest {
    /// No Linux gives a process such an id.
    private static final String ENDED = "2147483647";

    @TempDir
    Path folder;

    @Test
    void theHolderIsNamed() throws Exception {
        Process holder = hold("HOLDER");
        inUse("by process " + holder.pid() + ": stop that first");
        end(holder);
        HomeLock.acquire(new DipperHome(folder)).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ENDED, "OWN", "\u00e9 -7 \u0000", "99999999999999999999"})
    void oneThatIsNotKnownIsNotNamed(String written) throws Exception {
        Process holder = hold(written);
        inUse("by another process: stop that first");
        end(holder);
    }

    @Test
    void thisOneIsNamedSo() {
        try (HomeLock _ = HomeLock.acquire(new DipperHome(folder))) {
            assertThat(HomeLock.isHeldHere(new DipperHome(folder))).isTrue();
            inUse("by this process: ");
        }
        assertThat(HomeLock.isHeldHere(new DipperHome(folder))).isFalse();
    }

    private void inUse(String part) {
        assertThatExceptionOfType(InUseException.class)
                .isThrownBy(() -> HomeLock.acquire(new DipperHome(folder)))
                .withMessageStartingWith(folder + " is in use ")
                .withMessageContaining(part);
    }

    /// Starts a process that holds the home, and writes this into its lock.
    private Process hold(String written) throws Exception {
        Path lock = folder.resolve("lock");
        Process holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Holder.class.getName(),
                        lock.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(holder.inputReader().readLine()).isEqualTo("holds it");
        Files.writeString(
                lock,
                written.replace("HOLDER", Long.toString(holder.pid()))
                        .replace("OWN", Long.toString(ProcessHandle.current().pid())),
                StandardCharsets.ISO_8859_1);
        return holder;
    }

    private static void end(Process holder) throws Exception {
        holder.getOutputStream().close();
        assertThat(holder.waitFor()).isZero();
    }

    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            try (var channel = FileChannel.open(
                            Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                System.out.println("holds it");
                System.in.readAllBytes();
            }
        }
    }
}
