package io.dipper.servicesupport.http;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/// What a service still waits for before it can do its work. Ready means: nothing.
public final class Readiness {

    private final Map<String, String> waitingFor = new ConcurrentSkipListMap<>();

    /// Names something without which the service is of no use, until [#met].
    public void waitFor(String condition, String reason) {
        waitingFor.put(condition, reason);
    }

    public void met(String condition) {
        waitingFor.remove(condition);
    }

    public boolean isReady() {
        return waitingFor.isEmpty();
    }

    /// What is missing, with the reason for each.
    public Map<String, String> missing() {
        return Map.copyOf(waitingFor);
    }
}
