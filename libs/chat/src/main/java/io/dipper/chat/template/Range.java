package io.dipper.chat.template;

import java.util.List;

/// What `range` gives: it can be indexed and cut like a list, but is none.
record Range(long start, long stop, long step, List<Object> items) {
    /// The part of it between two indexes.
    Range cut(long from, long to, long by, List<Object> picked) {
        return new Range(start + from * step, start + to * step, step * by, picked);
    }

    @Override
    public String toString() {
        return "range(" + start + ", " + stop + (step == 1 ? "" : ", " + step) + ")";
    }
}
