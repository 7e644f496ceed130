package io.dipper.engineort;

import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.operators.cuda.CudaStream;
import java.util.List;

/// One way of running steps on a card: the call, room for what goes in and comes out, and the options
/// that it runs with. A captured graph's is laid out once.
final class CardStep implements AutoCloseable {
    private final CudaStream stream;
    private final CardCall call;
    private final CardRoom room;
    private final RunOptions options;
    private final long[] marks = new long[2];
    private int turn;

    CardStep(CudaStream stream, CardCall call, CardRoom room, RunOptions options) {
        this.stream = stream;
        this.call = call;
        this.room = room;
        this.options = options;
    }

    /// Sets all tensors for steps of these sizes.
    void layOut(List<StepField> fields, int drawn) {
        call.clear();
        room.place(call, fields, drawn);
    }

    /// Runs the call as it is laid out, but with other options.
    void rehearse(List<StepField> fields, RunOptions others) {
        call.send(fields, room.block(), turn, stream);
        call.run(others);
        stream.await();
    }

    /// Queues the step: its inputs, the call, and the way back of what it draws.
    ///
    /// @param fields what the inputs hold; of a continuation all but the tokens
    /// @return the turn that [#finish] needs to know
    int start(Plan plan, List<StepField> fields) {
        turn = 1 - turn;
        call.send(fields, room.block(), turn, stream);
        if (plan.continues()) {
            room.block()
                    .takeFrom(
                            room.draws().block(),
                            (long) Integer.BYTES * plan.rows().size(),
                            stream);
        }
        call.run(options);
        room.draws().fetch(plan, turn, stream);
        marks[turn] = stream.remark(marks[turn]);
        return turn;
    }

    /// Waits for a step and reads what the plan drew.
    Tokens finish(Plan plan, int ofTurn) {
        stream.await(marks[ofTurn]);
        Tokens tokens = room.draws().read(plan, ofTurn);
        CardLogits logits = room.logits();
        if (logits != null) {
            logits.tell(plan, stream);
        }
        return tokens;
    }

    @Override
    public void close() {
        call.close();
        options.close();
        for (long mark : marks) {
            stream.forget(mark);
        }
    }
}
