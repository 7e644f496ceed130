package io.dipper.inference.web;

import java.util.List;

/// Answers one request, on a virtual thread of its own.
@FunctionalInterface
public interface Handler {
    /// Answers, or refuses.
    ///
    /// @throws io.dipper.openaiapi.RefusedException if the request is refused
    Answer handle(Call call) throws InterruptedException, ClientGoneException;

    /// A request as handlers see it.
    ///
    /// @param pathId what the path's variable part names; empty if it has none
    /// @param body empty for requests without one
    /// @param ends what is to run when the answer has been handed over, or is given up
    record Call(String pathId, byte[] body, Client client, List<Runnable> ends) {
        /// Runs `action` then. On the handler's thread alone.
        public void atEnd(Runnable action) {
            ends.add(action);
        }
    }
}
