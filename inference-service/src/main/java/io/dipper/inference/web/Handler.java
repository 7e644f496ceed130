package io.dipper.inference.web;

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
    record Call(String pathId, byte[] body, Client client) {}
}
