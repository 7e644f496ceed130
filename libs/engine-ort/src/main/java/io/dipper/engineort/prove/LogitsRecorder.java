package io.dipper.engineort.prove;

import io.dipper.engine.Submission;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Row;
import io.dipper.engineort.LogitsTap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/// Keeps one request's logits by the position that they follow. Those of its company are let go: a
/// large vocabulary would make them many.
final class LogitsRecorder implements LogitsTap {
    private final Submission recorded;
    private final Map<Integer, float[]> positions = new ConcurrentSkipListMap<>();

    LogitsRecorder(Submission recorded) {
        this.recorded = recorded;
    }

    @Override
    public void accept(Plan plan, MemorySegment logits, int vocabularySize) {
        long rowBytes = (long) vocabularySize * Float.BYTES;
        long draw = 0;
        for (Row row : plan.rows()) {
            for (int offset = row.firstDraw(); offset < row.count(); offset++) {
                if (isRecorded(row)) {
                    positions.put(
                            row.from() + offset,
                            logits.asSlice(draw * rowBytes, rowBytes).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
                }
                draw++;
            }
        }
    }

    /// Logits by position, once the request has ended.
    Map<Integer, float[]> logits() {
        return positions;
    }

    /// By identity: company may ask for the same.
    @SuppressWarnings("ReferenceEquality")
    private boolean isRecorded(Row row) {
        return row.sequence().submission() == recorded;
    }
}
