package io.dipper.registry.imports;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// Who works on a job: `host/process/start/random`. A job of a process that is known to be dead
/// need not wait until its lease runs out.
record ImportOwner(String text) {
    private static final String HOST = host();

    static ImportOwner ofThisProcess() {
        ProcessHandle self = ProcessHandle.current();
        return new ImportOwner(HOST + "/" + self.pid() + "/" + start(self) + "/" + UUID.randomUUID());
    }

    /// Whether it is a process of this host that is not there any more. In doubt it lives.
    boolean isDead() {
        String[] parts = text.split("/", -1);
        if (parts.length != 4 || !parts[0].equals(HOST) || !parts[1].matches("\\d{1,18}")) {
            return false;
        }
        Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(parts[1]));
        // Another process may have got the number since: its start tells them apart.
        return process.isEmpty()
                || !process.get().isAlive()
                || !start(process.get()).equals(parts[2]);
    }

    private static String start(ProcessHandle process) {
        return process.info()
                .startInstant()
                .map(Instant::toEpochMilli)
                .map(String::valueOf)
                .orElse("?");
    }

    /// Containers that share a database have names of their own, so their process numbers are not
    /// mixed up.
    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName().replace('/', '_');
        } catch (UnknownHostException e) {
            return "unknown-" + UUID.randomUUID();
        }
    }
}
