package io.dipper.export;

import io.dipper.export.Operators.Normed;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.Norm;

/// The residual stream between branches. A branch's output is added lazily, so that the addition
/// and the norm that follows it become one operator.
///
/// @param pending what is still to be added to `settled`, or [Value#ABSENT]
record Stream(Value settled, Value pending) {
    static Stream of(Value settled) {
        return new Stream(settled, Value.ABSENT);
    }

    boolean isSettled() {
        return pending.isAbsent();
    }

    /// With a branch's output on top.
    Stream plus(Value branch, Operators operators) {
        return new Stream(settle(operators).settled, branch);
    }

    Stream settle(Operators operators) {
        return isSettled() ? this : of(operators.graph().add(settled, pending));
    }

    /// What a norm makes of the stream, and the stream itself, settled.
    record View(Value normed, Stream stream) {}

    View normed(Norms norms, String path, Norm norm, Operators operators) {
        if (isSettled() || !(norm instanceof Norm.Rms rms)) {
            Stream whole = settle(operators);
            return new View(norms.apply(path, norm, whole.settled, operators), whole);
        }
        Normed made = operators.addRmsNorm(pending, settled, norms.weight(path, rms), rms.epsilon());
        return new View(made.normed(), of(made.sum()));
    }
}
