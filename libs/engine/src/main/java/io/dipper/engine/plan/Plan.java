package io.dipper.engine.plan;

import java.util.List;

/// What one step does: first the evicted give their blocks back, then the admitted move from
/// waiting to running, then the rows are computed.
public record Plan(List<Sequence> evicted, List<Sequence> admitted, List<Row> rows) {
    public Plan {
        evicted = List.copyOf(evicted);
        admitted = List.copyOf(admitted);
        rows = List.copyOf(rows);
    }

    public int tokens() {
        int tokens = 0;
        for (Row row : rows) {
            tokens += row.count();
        }
        return tokens;
    }

    public int draws() {
        int draws = 0;
        for (Row row : rows) {
            draws += row.draws();
        }
        return draws;
    }

    /// Whether its rows go on with what the step before draws.
    public boolean continues() {
        return !rows.isEmpty() && rows.getFirst().continued();
    }

    public boolean isEmpty() {
        return rows.isEmpty() && evicted.isEmpty();
    }

    /// One line a row, such as `from 16 count 4 draws 1`, for tests and logs.
    @Override
    public String toString() {
        var text = new StringBuilder();
        text.append("evicted ").append(evicted.size()).append(" admitted ").append(admitted.size());
        for (Row row : rows) {
            text.append("\nfrom ").append(row.from()).append(" count ").append(row.count());
            text.append(" draws ").append(row.draws());
        }
        return text.toString();
    }
}
