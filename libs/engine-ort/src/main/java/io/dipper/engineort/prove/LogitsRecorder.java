package io.dipper.engineort.prove;

import io.dipper.engine.Outbox;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Row;
import io.dipper.engineort.LogitsTap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;

/// Keeps each request's logits by the position that they follow.
final class LogitsRecorder implements LogitsTap {
    private final Map<Outbox, Map<Integer, float[]>> requests = Collections.synchronizedMap(new IdentityHashMap<>());

    @Override
    public void accept(Plan plan, MemorySegment logits, int vocabularySize) {
        long rowBytes = (long) vocabularySize * Float.BYTES;
        long draw = 0;
        for (Row row : plan.rows()) {
            Map<Integer, float[]> positions =
                    requests.computeIfAbsent(row.sequence().outbox(), outbox -> new TreeMap<>());
            for (int offset = row.firstDraw(); offset < row.count(); offset++) {
                positions.put(
                        row.from() + offset,
                        logits.asSlice(draw * rowBytes, rowBytes).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
                draw++;
            }
        }
    }

    /// Logits by position, of a request that has ended.
    Map<Integer, float[]> of(Outbox outbox) {
        return requests.get(outbox);
    }
}
