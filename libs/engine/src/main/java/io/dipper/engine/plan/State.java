package io.dipper.engine.plan;

import io.dipper.engine.RunnerShape;
import io.dipper.engine.RunnerShape.KvGroup;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/// All that the engine's thread knows: who waits (in order of arrival), who runs (in order of
/// admission) and who holds which block.
public final class State {
    private final RunnerShape shape;
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>();
    private final List<BlockPool> pools = new ArrayList<>();

    public State(RunnerShape shape) {
        this.shape = shape;
        for (KvGroup group : shape.groups()) {
            pools.add(new BlockPool(group.blocks()));
        }
    }

    public RunnerShape shape() {
        return shape;
    }

    public List<Sequence> running() {
        return Collections.unmodifiableList(running);
    }

    /// In the order in which they are admitted, if there is room for them.
    public Iterable<Sequence> waiting() {
        return Collections.unmodifiableCollection(waiting);
    }

    public int waitingCount() {
        return waiting.size();
    }

    public BlockPool pool(int group) {
        return pools.get(group);
    }

    public int heldBlocks() {
        return pools.stream().mapToInt(BlockPool::heldBlocks).sum();
    }

    public int totalBlocks() {
        return pools.stream().mapToInt(BlockPool::total).sum();
    }

    public int peakBlocks() {
        return pools.stream().mapToInt(BlockPool::peakHeld).sum();
    }

    public boolean isIdle() {
        return running.isEmpty() && waiting.isEmpty();
    }

    public void arrive(Sequence sequence) {
        waiting.addLast(sequence);
    }

    public boolean contains(Sequence sequence) {
        return running.contains(sequence) || waiting.contains(sequence);
    }

    /// Takes a sequence out, wherever it is, and frees what it holds.
    public void remove(Sequence sequence) {
        if (!running.remove(sequence) && !waiting.remove(sequence)) {
            throw new IllegalStateException("the sequence is neither running nor waiting");
        }
        release(sequence);
    }

    /// Makes the plan's moves and gives its rows their blocks.
    public void grant(Plan plan, long nowNs) {
        for (Sequence evicted : plan.evicted()) {
            running.remove(evicted);
            release(evicted);
            evicted.forgetComputed();
        }
        // Evicted from the youngest on, so that the oldest of them ends up first in line again.
        for (Sequence evicted : plan.evicted()) {
            waiting.addFirst(evicted);
        }
        for (Sequence admitted : plan.admitted()) {
            admit(admitted);
            admitted.start(nowNs);
        }
        for (Row row : plan.rows()) {
            extend(row.sequence(), row.from() + row.count());
        }
    }

    /// Blocks that a sequence lacks in a group to hold so many tokens.
    int lacks(Sequence sequence, int group, int tokens) {
        int needed = shape.groups().get(group).blocksFor(tokens, shape.blockTokens());
        int held = sequence.holdsTables() ? sequence.table(group).size() : 0;
        return Math.max(0, needed - held);
    }

    /// The block laws; for tests and idle moments.
    public void checkLaws() {
        for (int group = 0; group < pools.size(); group++) {
            int held = 0;
            for (Sequence sequence : running) {
                held += sequence.holdsTables() ? sequence.table(group).size() : 0;
            }
            if (held != pools.get(group).heldBlocks()) {
                throw new IllegalStateException("KV group " + group + ": sequences hold " + held
                        + " blocks, the pool lent " + pools.get(group).heldBlocks());
            }
        }
    }

    private void admit(Sequence admitted) {
        for (Iterator<Sequence> queue = waiting.iterator(); queue.hasNext(); ) {
            Sequence next = queue.next();
            if (next == admitted) {
                queue.remove();
                running.add(admitted);
                return;
            }
            next.letPass();
        }
        throw new IllegalStateException("admitted, but does not wait");
    }

    private void extend(Sequence sequence, int tokens) {
        if (!sequence.holdsTables()) {
            var tables = new BlockTable[pools.size()];
            for (int group = 0; group < tables.length; group++) {
                tables[group] = new BlockTable();
            }
            sequence.giveTables(tables);
        }
        for (int group = 0; group < pools.size(); group++) {
            for (int lacking = lacks(sequence, group, tokens); lacking > 0; lacking--) {
                sequence.table(group).add(pools.get(group).take());
            }
        }
    }

    private void release(Sequence sequence) {
        if (sequence.holdsTables()) {
            for (int group = 0; group < pools.size(); group++) {
                sequence.table(group).giveBackTo(pools.get(group));
            }
        }
    }
}
