package io.dipper.cli.platform;

import java.util.Optional;

/// Another process whose end is this one's.
final class Companion {
    private Companion() {}

    /// Ends this process in order when that one has ended.
    static void endWith(long pid) {
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        if (process.isEmpty()) {
            System.exit(0);
        } else {
            var _ = process.get().onExit().thenRun(() -> System.exit(0));
        }
    }
}
