package io.dipper.chat.parse;

import java.util.ArrayList;
import java.util.List;

/// Takes a reply apart while it comes: thinking, answer, calls. The parts joined are the same
/// however the reply was cut into pieces. Markers never come out, nor do the blanks that a template
/// puts next to them.
public final class ReplyParser {
    private enum State {
        CONTENT,
        REASONING,
        CALL
    }

    private final List<String> contentMarkers = new ArrayList<>();
    private final boolean readsCalls;
    private State state;
    private CallParser call;
    private int calls;
    private String held = "";
    /// Blanks that are given out only if more text of the same kind follows.
    private String blanks = "";
    private boolean skipsBlanks;

    /// A parser for one reply.
    ///
    /// @param prompt what the reply follows: it may have begun the thinking
    /// @param readsCalls whether calls are wanted; if not, they are part of the answer
    public ReplyParser(ReplyFormat format, String prompt, boolean readsCalls) {
        this.readsCalls = format.calls() && readsCalls;
        if (format.thinks()) {
            contentMarkers.add(ReplyFormat.THINK);
            contentMarkers.add(ReplyFormat.END_THINK);
        }
        if (this.readsCalls) {
            contentMarkers.add(ReplyFormat.CALL);
        }
        boolean thinking = format.startsThinking(prompt);
        state = thinking ? State.REASONING : State.CONTENT;
        skipsBlanks = thinking;
    }

    public List<Part> accept(String piece) {
        var parts = new ArrayList<Part>();
        String rest = held + piece;
        held = "";
        while (!rest.isEmpty()) {
            rest = state == State.CALL ? acceptCall(rest, parts) : acceptText(rest, parts);
        }
        return parts;
    }

    /// The reply ends here.
    public List<Part> finish() {
        var parts = new ArrayList<Part>();
        if (state == State.CALL) {
            call.finish(parts);
            return parts;
        }
        String rest = held;
        held = "";
        emit(rest, parts);
        if (state == State.CONTENT && calls == 0 && !blanks.isEmpty()) {
            parts.add(new Part.Content(blanks));
        }
        blanks = "";
        return parts;
    }

    private String acceptCall(String text, List<Part> parts) {
        int used = call.accept(text, parts);
        if (call.isClosed()) {
            calls += call.hasStarted() ? 1 : 0;
            state = State.CONTENT;
            skipsBlanks = true;
        }
        return text.substring(used);
    }

    /// Returns what comes after the first marker; nothing if there is none.
    private String acceptText(String text, List<Part> parts) {
        List<String> markers = state == State.REASONING ? List.of(ReplyFormat.END_THINK) : contentMarkers;
        int first = text.length();
        String marker = "";
        for (String candidate : markers) {
            int at = text.indexOf(candidate);
            if (at >= 0 && at < first) {
                first = at;
                marker = candidate;
            }
        }
        if (marker.isEmpty()) {
            int begun = begun(text, markers);
            held = text.substring(begun);
            emit(text.substring(0, begun), parts);
            return "";
        }
        emit(text.substring(0, first), parts);
        turn(marker);
        return text.substring(first + marker.length());
    }

    private void turn(String marker) {
        blanks = "";
        skipsBlanks = true;
        switch (marker) {
            case ReplyFormat.THINK -> state = State.REASONING;
            case ReplyFormat.END_THINK -> state = State.CONTENT;
            case ReplyFormat.CALL -> {
                state = State.CALL;
                call = new CallParser(calls);
            }
            default -> throw new IllegalStateException("no marker: " + marker);
        }
    }

    private void emit(String text, List<Part> parts) {
        String all = blanks + text;
        blanks = "";
        if (skipsBlanks) {
            all = all.stripLeading();
            if (all.isEmpty()) {
                return;
            }
            skipsBlanks = false;
        }
        if (state == State.REASONING || readsCalls) {
            String kept = all.stripTrailing();
            blanks = all.substring(kept.length());
            all = kept;
        }
        if (!all.isEmpty()) {
            parts.add(state == State.REASONING ? new Part.Reasoning(all) : new Part.Content(all));
        }
    }

    private static int begun(String text, List<String> markers) {
        int begin = text.length();
        for (String marker : markers) {
            for (int at = Math.max(0, text.length() - marker.length() + 1); at < begin; at++) {
                if (marker.startsWith(text.substring(at))) {
                    begin = at;
                }
            }
        }
        return begin;
    }
}
