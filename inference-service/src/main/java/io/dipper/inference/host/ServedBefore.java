package io.dipper.inference.host;

import io.dipper.inference.host.HostedModel.State;
import io.dipper.inference.host.ServedFile.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The models that a service has, in a file, for the process that comes after one that did not end as it
/// was told to: it loads them again. A service that stops in order takes the file away.
///
/// Where a process died while models were being loaded, one of them may have been the reason. Each of those
/// is loaded alone then, so that the count of deaths ends where it belongs, and left out after [#MOST_DEATHS].
public final class ServedBefore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedBefore.class);

    /// Some minutes of asking: the registry may be late, but files that are gone stay gone.
    private static final int TRIES = 20;

    /// How many processes may die while a model is being loaded until nobody asks for it by himself.
    private static final int MOST_DEATHS = 3;

    private final ModelHost host;
    private final ServedFile file;
    private final Map<String, Wanted> awaited = new LinkedHashMap<>();
    private final Set<Wanted> leftOut = new LinkedHashSet<>();

    /// Of those that have not come up since.
    private final Map<Wanted, Integer> deaths = new HashMap<>();

    private final List<PatientLoad> loads = new ArrayList<>();

    /// What is about to be loaded: it may be the last that this process does.
    private final Set<Wanted> next = new LinkedHashSet<>();

    private final AtomicBoolean isDue = new AtomicBoolean();
    private @Nullable List<Entry> written;
    private boolean closed;
    private boolean kept;

    public ServedBefore(ModelHost host, ServedFile file) {
        this.host = host;
        this.file = file;
    }

    /// Begins to load what the file lists; returns at once.
    public synchronized void start() {
        file.read().stream()
                .map(entry -> new Entry(entry.wanted(), entry.deaths() + (entry.loading() ? 1 : 0), false))
                .sorted(Comparator.comparingInt(Entry::deaths))
                .forEach(this::take);
        // Counted before anything is loaded: the next death may come soon.
        awaited.values().stream().filter(wanted -> !deaths.containsKey(wanted)).forEach(next::add);
        write();
        host.whenChanged(_ -> rememberSoon());
        loads.forEach(PatientLoad::start);
        next.clear();
        rememberSoon();
    }

    private void take(Entry entry) {
        Wanted wanted = entry.wanted();
        String name = wanted.name();
        if (entry.deaths() > 0) {
            deaths.put(wanted, entry.deaths());
        }
        if (entry.deaths() >= MOST_DEATHS) {
            leaveOut(wanted, entry.deaths());
            return;
        }
        LOG.info("{} was served before the last process ended, and is loaded again", name);
        if (entry.deaths() > 0) {
            String why = "processes that died while it was being loaded: " + entry.deaths()
                    + "; it is loaded alone now, and left out after " + MOST_DEATHS;
            LOG.warn("{}: {}", name, why);
            host.holdBack(wanted, () -> true, why);
        }
        awaited.put(name, wanted);
        loads.add(new PatientLoad(host, wanted, TRIES, this::load, () -> arrived(name)));
    }

    private void leaveOut(Wanted wanted, int died) {
        String why = "processes that died while it was being loaded: " + died
                + "; it is left out until it is asked for with `dipper load`";
        LOG.error("{}: {}", wanted.name(), why);
        leftOut.add(wanted);
        host.holdBack(wanted, () -> true, why);
    }

    /// Begins to load a model, unless it is left out or has to wait for others.
    ///
    /// @param isAsked whether it is to be loaded still
    /// @return whether the host was asked
    synchronized boolean load(Wanted wanted, BooleanSupplier isAsked) {
        if (leftOut.contains(wanted) && !isHeldBack(wanted)) {
            leftOut.remove(wanted);
        }
        if (closed || leftOut.contains(wanted)) {
            return false;
        }
        if (!isItsTurn(wanted)) {
            host.holdBack(wanted, isAsked, "it waits while another is loaded alone, whose load processes died of");
            return false;
        }
        if (next.add(wanted)) {
            write();
        }
        try {
            return host.begin(wanted, isAsked);
        } finally {
            next.remove(wanted);
            rememberSoon();
        }
    }

    private boolean isItsTurn(Wanted wanted) {
        return deaths.isEmpty()
                || host.list().stream()
                        .filter(HostedModel::isBeingLoaded)
                        .map(HostedModel::wanted)
                        .filter(other -> !other.equals(wanted))
                        .noneMatch(other -> deaths.containsKey(wanted) || deaths.containsKey(other));
    }

    private synchronized void arrived(String name) {
        awaited.remove(name);
        rememberSoon();
    }

    /// Once for all changes until then.
    private void rememberSoon() {
        if (isDue.compareAndSet(false, true)) {
            Thread.ofVirtual().name("remember-models").start(this::remember);
        }
    }

    private synchronized void remember() {
        isDue.set(false);
        leftOut.removeIf(wanted -> !isHeldBack(wanted));
        host.list().stream()
                .filter(model -> model.state() == State.READY)
                .forEach(model -> deaths.remove(model.wanted()));
        write();
    }

    private boolean isHeldBack(Wanted wanted) {
        Optional<HostedModel> model = host.find(wanted.name());
        return model.filter(present ->
                        present.state() == State.FAILED && present.wanted().equals(wanted))
                .isPresent();
    }

    private void write() {
        List<Entry> entries = entries();
        if (!closed && !entries.equals(written) && file.write(entries)) {
            written = entries;
        }
    }

    /// Whose load may end this process come first: of too many the file keeps the first.
    private List<Entry> entries() {
        Map<String, Entry> entries = new LinkedHashMap<>();
        List<HostedModel> hosted = host.list();
        putAll(entries, hosted, State.LOADING);
        next.stream().filter(wanted -> !isReady(wanted.name())).forEach(wanted -> put(entries, wanted, true));
        putAll(entries, hosted, State.READY);
        awaited.values().forEach(wanted -> put(entries, wanted, false));
        leftOut.forEach(wanted -> put(entries, wanted, false));
        return List.copyOf(entries.values());
    }

    private boolean isReady(String name) {
        return host.find(name).filter(model -> model.state() == State.READY).isPresent();
    }

    private void putAll(Map<String, Entry> entries, List<HostedModel> hosted, State state) {
        hosted.stream()
                .filter(model -> model.state() == state)
                .forEach(model -> put(entries, model.wanted(), state == State.LOADING));
    }

    private void put(Map<String, Entry> entries, Wanted wanted, boolean loading) {
        entries.putIfAbsent(wanted.name(), new Entry(wanted, deaths.getOrDefault(wanted, 0), loading));
    }

    /// The file is to stay when this process ends, which nobody asked it for.
    public synchronized void keep() {
        kept = true;
    }

    /// The file stays if this process ends because it lost a device.
    @Override
    public synchronized void close() {
        loads.forEach(PatientLoad::close);
        if (kept || host.isDeviceLost()) {
            // What is being loaded is not the reason of this end.
            file.write(entries().stream()
                    .map(entry -> new Entry(entry.wanted(), entry.deaths(), false))
                    .toList());
        } else {
            file.delete();
        }
        closed = true;
    }
}
