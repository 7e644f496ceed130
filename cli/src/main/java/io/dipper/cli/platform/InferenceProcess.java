package io.dipper.cli.platform;

import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import io.dipper.cli.Main;
import io.dipper.inference.host.ServedFile;
import io.dipper.servicesupport.Backoff;
import io.dipper.servicesupport.home.DipperHome;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// The inference service as a process of its own, started anew whenever it ends unasked: what a card takes
/// down with it is that process, and nothing else of the platform.
final class InferenceProcess implements AutoCloseable {

    /// Who lived for so long did not fail at its start.
    private static final Duration LONG_ENOUGH = Duration.ofMinutes(1);

    /// Longer than requests in flight may take.
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final long POLL_MILLIS = 50;
    private static final int CONNECT_MILLIS = 1_000;

    /// A process that ends by a signal has an exit code of this and the signal's number.
    private static final int SIGNALS = 128;

    private final ProcessBuilder command;
    private final int port;
    private final ServedFile served;
    private final BooleanSupplier isStopping;
    private final PrintWriter messages;
    private final Thread watcher =
            Thread.ofPlatform().name("inference-process").daemon().unstarted(this::watch);
    private @Nullable Process process;
    private boolean closed;

    /// @param served what the process leaves to the next one
    /// @param isStopping whether the platform is being stopped, when nothing is started any more
    InferenceProcess(
            ProcessBuilder command, int port, ServedFile served, BooleanSupplier isStopping, PrintWriter messages) {
        this.command = command;
        this.port = port;
        this.served = served;
        this.isStopping = isStopping;
        this.messages = messages;
    }

    /// `dipper serve inference` with this process's JVM, its options and its class path.
    static ProcessBuilder command(DipperHome home, int port, Map<String, String> environment) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of("serve", "inference", "--port", Integer.toString(port)));
        command.addAll(List.of("--home", home.root().toString()));
        command.addAll(
                List.of("--with-process", Long.toString(ProcessHandle.current().pid())));
        var builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        return builder;
    }

    /// Starts the process and returns when it takes requests, or is to end before it does.
    ///
    /// @throws Failure if it ends at its start by itself
    void start() throws IOException, InterruptedException {
        synchronized (this) {
            if (isEnding()) {
                return;
            }
            process = command.start();
        }
        awaitOpen();
    }

    private void awaitOpen() throws InterruptedException {
        var backoff = new Backoff();
        while (!isOpen()) {
            // Asked first: one that is down because it was stopped has not failed.
            Process last = current();
            boolean isDown = !last.isAlive();
            if (isEnding()) {
                return;
            }
            if (isDown) {
                int code = last.exitValue();
                if (!helpsToStartAnew(code)) {
                    throw new Failure(told(code), "the inference service ended at its start with exit code " + code);
                }
                if (!startAnew(code, backoff)) {
                    return;
                }
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        watcher.start();
    }

    /// After a signal too, which a process that got far enough ends by in order: a load may have killed it, which is
    /// counted, and the others can be had; or somebody stopped it, and not the platform.
    private static boolean helpsToStartAnew(int code) {
        return code == ExitCode.DEVICE_LOST || code == ExitCode.GOOD || code > SIGNALS;
    }

    /// What its end makes of this process's: it has said what was wrong with what it was given, and all else is a
    /// fault.
    private static int told(int code) {
        return code == ExitCode.BAD_INPUT ? code : ExitCode.FAULT;
    }

    private boolean isOpen() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private synchronized boolean isEnding() {
        return closed || isStopping.getAsBoolean();
    }

    private void watch() {
        var backoff = new Backoff();
        try {
            while (true) {
                long startNs = System.nanoTime();
                int code = current().waitFor();
                if (System.nanoTime() - startNs > LONG_ENOUGH.toNanos()) {
                    backoff.startOver();
                }
                if (isEnding()) {
                    return;
                }
                if (!startAnew(code, backoff)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Process current() {
        return Objects.requireNonNull(process);
    }

    /// Tells the end of the last one, pauses, and starts the next.
    ///
    /// @return false if it is to end instead
    private boolean startAnew(int code, Backoff backoff) throws InterruptedException {
        messages.println("dipper: the inference service ended with exit code " + code
                + (code == ExitCode.DEVICE_LOST ? ", for it lost its card" : "") + "; it is started anew in "
                + backoff.next().toMillis() + " ms");
        backoff.pause();
        return startAnew();
    }

    private synchronized boolean startAnew() {
        if (isEnding()) {
            return false;
        }
        try {
            process = command.start();
        } catch (IOException e) {
            // The one that ended stands in its place: it is tried again after the next pause.
            messages.println("dipper: the inference service could not be started: " + e.getMessage());
        }
        return true;
    }

    /// Lets it finish what is in flight, also where it is about to start. There is no next one, also if it is down
    /// just now and cannot say so itself.
    @Override
    public void close() {
        Process last;
        synchronized (this) {
            closed = true;
            last = process;
        }
        watcher.interrupt();
        if (last == null) {
            // Nothing of what an earlier one left was taken up.
            return;
        }
        // A handle's destroy leaves the pipes alone.
        last.toHandle().destroy();
        try {
            if (!last.waitFor(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
                messages.println("dipper: the inference service did not end in " + PATIENCE.toSeconds() + " s");
                last.destroyForcibly();
            }
        } catch (InterruptedException e) {
            last.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        served.delete();
    }
}
