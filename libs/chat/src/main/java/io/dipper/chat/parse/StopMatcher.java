package io.dipper.chat.parse;

import java.util.List;

/// Finds the first stop text in a text that comes in pieces. What may begin a stop text is held
/// back, nothing else.
public final class StopMatcher {
    private final List<String> stops;
    private String held = "";
    private boolean found;

    public StopMatcher(List<String> stops) {
        if (stops.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("a stop text is empty");
        }
        this.stops = List.copyOf(stops);
    }

    /// What may be sent now. Once a stop text was found, nothing.
    public String accept(String piece) {
        if (found || stops.isEmpty()) {
            return found ? "" : piece;
        }
        String text = held + piece;
        int at = firstComplete(text);
        if (at >= 0) {
            found = true;
            held = "";
            return text.substring(0, at);
        }
        int begin = firstBegun(text);
        held = text.substring(begin);
        return text.substring(0, begin);
    }

    public boolean found() {
        return found;
    }

    /// No more text comes: what was held back is no stop text.
    public String finish() {
        String rest = held;
        held = "";
        return rest;
    }

    /// The stop text that is complete first wins, as if the text had come one character at a time;
    /// of those that are complete at the same character, the longest.
    private int firstComplete(String text) {
        int start = -1;
        int bestEnd = Integer.MAX_VALUE;
        for (String stop : stops) {
            int at = text.indexOf(stop);
            if (at < 0) {
                continue;
            }
            int end = at + stop.length();
            if (end < bestEnd || (end == bestEnd && at < start)) {
                start = at;
                bestEnd = end;
            }
        }
        return start;
    }

    private int firstBegun(String text) {
        int begin = text.length();
        for (String stop : stops) {
            for (int at = Math.max(0, text.length() - stop.length() + 1); at < begin; at++) {
                if (stop.startsWith(text.substring(at))) {
                    begin = at;
                }
            }
        }
        return begin;
    }
}
