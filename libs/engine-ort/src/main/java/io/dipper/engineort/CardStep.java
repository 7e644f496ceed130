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
    private final StepTransfer transfer;
    private int turn;

    CardStep(CudaStream stream, CardCall call, CardRoom room, RunOptions options, StepTransfer transfer) {
        this.stream = stream;
        this.call = call;
        this.room = room;
        this.options = options;
        this.transfer = transfer;
    }

    /// Sets all tensors for steps of these sizes.
    void layOut(List<StepField> fields, int drawn) {
        call.clear();
        room.place(call, fields, drawn);
    }

    /// Runs the call as it is laid out, but with other options.
    void rehearse(List<StepField> fields, RunOptions others) {
        transfer.bring(call.fill(fields, room.block(), turn), 0, turn);
        call.run(others);
        stream.await();
    }

    /// Queues the step: its inputs, the call, and the way back of what it draws, if that is not to wait for others.
    ///
    /// @param fields what the inputs hold; of a continuation all but the tokens
    /// @return the turn that [#finish] needs to know
    int start(Plan plan, List<StepField> fields) {
        turn = 1 - turn;
        int continued = plan.continues() ? plan.rows().size() : 0;
        transfer.bring(call.fill(fields, room.block(), turn), continued, turn);
        call.run(options);
        transfer.fetch(room.draws().bytes(plan), turn);
        return turn;
    }

    /// Waits for a step and reads what the plan drew.
    Tokens finish(Plan plan, int ofTurn) {
        transfer.await(ofTurn);
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
        transfer.close();
    }
}
