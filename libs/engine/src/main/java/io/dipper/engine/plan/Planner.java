package io.dipper.engine.plan;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decides what a step does. Pure: reads the state, changes nothing, keeps nothing.
///
/// 1. Every decoding sequence gets its one token, oldest first; if blocks run out the youngest
///   running sequences are evicted, so the oldest always gets on and nobody starves.
/// 2. Waiting sequences are admitted in order of arrival while blocks for all they have to read are
///   there, and for a little growth of everybody. One that does not fit is passed by those behind it
///   that do, but only so often: then they wait with it. None is admitted in a step that evicts, or
///   the two would chase each other.
/// 3. What is left of the step's tokens is shared evenly among the reading sequences, so a short
///   prompt does not wait until a long one is read.
public final class Planner {
    private final Budget budget;

    public Planner(Budget budget) {
        this.budget = budget;
    }

    public Plan plan(State state) {
        var draft = new Draft(state);
        draft.decode();
        draft.admit();
        draft.read();
        return new Plan(draft.evicted, draft.admitted, draft.rows);
    }

    /// The step after one that runs and only continues answers: the same rows, each a token further,
    /// planned before it is known what they draw. An answer that turns out to have ended is then
    /// computed in vain.
    ///
    /// @return null where anything but going on may have to be done, or a draw needs to know the one
    ///     before
    public @Nullable Plan continuation(State state, Plan running) {
        if (state.waitingCount() > 0 || running.rows().size() != state.running().size()) {
            return null;
        }
        int[] free = new int[state.shape().groups().size()];
        for (int group = 0; group < free.length; group++) {
            free[group] = state.pool(group).freeBlocks();
        }
        List<Row> rows = new ArrayList<>();
        for (Row row : running.rows()) {
            if (!mayGoOn(state, row)) {
                return null;
            }
            for (int group = 0; group < free.length; group++) {
                free[group] -= state.lacks(row.sequence(), group, row.from() + 2);
                if (free[group] < 0) {
                    return null;
                }
            }
            rows.add(Row.after(row));
        }
        return new Plan(List.of(), List.of(), rows);
    }

    private static boolean mayGoOn(State state, Row row) {
        Sequence sequence = row.sequence();
        return row.count() == 1
                && row.draws() == 1
                && state.contains(sequence)
                && sequence.seen() == null
                && row.from() + 1 == sequence.length()
                && row.from() + 1 >= sequence.promptLength()
                && row.generatedBefore(0) + 1 < sequence.submission().maxTokens();
    }

    private final class Draft {
        private final State state;
        private final List<Sequence> running;
        private final List<Sequence> evicted = new ArrayList<>();
        private final List<Sequence> admitted = new ArrayList<>();
        private final List<Row> rows = new ArrayList<>();
        private final int[] free;

        Draft(State state) {
            this.state = state;
            this.running = new ArrayList<>(state.running());
            this.free = new int[state.shape().groups().size()];
            for (int group = 0; group < free.length; group++) {
                free[group] = state.pool(group).freeBlocks();
            }
        }

        void decode() {
            for (int i = 0; i < running.size(); i++) {
                Sequence sequence = running.get(i);
                if (sequence.decodes() && makeRoom(i, sequence.length())) {
                    take(sequence, sequence.length());
                    rows.add(row(sequence, 1));
                }
            }
        }

        void admit() {
            if (!evicted.isEmpty()) {
                return;
            }
            int[] unpromised = unpromised();
            int mayPass = Integer.MAX_VALUE;
            for (Sequence sequence : state.waiting()) {
                if (running.size() >= budget.maxRunning() || mayPass <= 0) {
                    return;
                }
                if (promise(unpromised, sequence)) {
                    admitted.add(sequence);
                    running.add(sequence);
                    mayPass--;
                } else {
                    mayPass = Math.min(mayPass, budget.maxPassed() - sequence.passed());
                }
            }
        }

        void read() {
            List<Sequence> readers = new ArrayList<>();
            for (Sequence sequence : running) {
                if (!sequence.decodes()) {
                    readers.add(sequence);
                }
            }
            int left = rows.isEmpty() ? budget.stepTokens() : budget.stepTokensBesideDecode();
            for (int i = 0; i < readers.size() && left > 0; i++) {
                Sequence sequence = readers.get(i);
                int share = Math.max(budget.leastChunk(), left / (readers.size() - i));
                int count = Math.min(Math.min(share, left), Math.min(sequence.pending(), budget.maxChunkTokens()));
                int position = running.indexOf(sequence);
                if (position >= 0 && makeRoom(position, sequence.computed() + count)) {
                    take(sequence, sequence.computed() + count);
                    rows.add(row(sequence, count));
                    left -= count;
                }
            }
        }

        /// Evicts from the young end until the sequence's lacking blocks are free; false if it was
        /// evicted itself.
        private boolean makeRoom(int index, int tokens) {
            Sequence sequence = running.get(index);
            while (!fits(sequence, tokens)) {
                Sequence youngest = running.removeLast();
                evict(youngest);
                if (youngest == sequence) {
                    return false;
                }
            }
            return true;
        }

        private void evict(Sequence youngest) {
            evicted.add(youngest);
            for (int group = 0; group < free.length; group++) {
                free[group] += youngest.holdsTables() ? youngest.table(group).size() : 0;
                for (Row row : rows) {
                    if (row.sequence() == youngest) {
                        free[group] += state.lacks(youngest, group, row.from() + row.count());
                    }
                }
            }
            rows.removeIf(row -> row.sequence() == youngest);
        }

        private boolean fits(Sequence sequence, int tokens) {
            for (int group = 0; group < free.length; group++) {
                if (state.lacks(sequence, group, tokens) > free[group]) {
                    return false;
                }
            }
            return true;
        }

        private void take(Sequence sequence, int tokens) {
            for (int group = 0; group < free.length; group++) {
                free[group] -= state.lacks(sequence, group, tokens);
            }
        }

        /// Free blocks that no running sequence needs for what it still has to read and writes next.
        private int[] unpromised() {
            int[] unpromised = free.clone();
            for (Sequence sequence : running) {
                for (int group = 0; group < free.length; group++) {
                    int taken = sequence.decodes() ? state.lacks(sequence, group, sequence.length()) : 0;
                    unpromised[group] -= state.lacks(sequence, group, ahead(sequence)) - taken;
                }
            }
            return unpromised;
        }

        private boolean promise(int[] unpromised, Sequence sequence) {
            for (int group = 0; group < free.length; group++) {
                if (state.lacks(sequence, group, ahead(sequence)) > unpromised[group]) {
                    return false;
                }
            }
            for (int group = 0; group < free.length; group++) {
                unpromised[group] -= state.lacks(sequence, group, ahead(sequence));
            }
            return true;
        }

        /// A sequence's length when it has grown by a block, or as far as it may: who is admitted into
        /// the last free block is evicted in the next step.
        private int ahead(Sequence sequence) {
            int grown = sequence.length() + state.shape().blockTokens();
            return Math.max(
                    sequence.length(), Math.min(grown, sequence.submission().mostTokens()));
        }

        private Row row(Sequence sequence, int count) {
            int end = sequence.computed() + count;
            int firstDraw = end == sequence.length() && drawsAtEnd(sequence) ? count - 1 : count;
            if (sequence.submission().scorePrompt() && sequence.computed() < sequence.promptLength()) {
                // Logits after token p score token p + 1; those before `scored` were reported already.
                firstDraw = Math.min(firstDraw, Math.max(0, sequence.scored() - sequence.computed()));
            }
            return new Row(sequence, sequence.computed(), count, firstDraw);
        }

        /// A request that only scores its prompt draws nothing after it.
        private boolean drawsAtEnd(Sequence sequence) {
            return sequence.submission().maxTokens() > sequence.generated();
        }
    }
}
