package io.dipper.servicesupport.backend;

import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/// A source of models: our own instances, a server elsewhere, a library. Keys, limits, circuit
/// breakers, time limits and metrics are the gateway's and the same for all.
public interface Backend extends AutoCloseable {

    /// As known now; never blocks.
    List<Endpoint> endpoints();

    /// Whether the list can be trusted to be complete.
    boolean isKnown();

    /// Asks one of [#endpoints]. The reply is handed to `reader` once its head is there, and is good
    /// until what `reader` returns has ended. Cancelling the result ends the work behind it at once.
    ///
    /// Trouble on the way is an error: [UnreachableException] where nothing was begun, so that another
    /// endpoint may be asked.
    Mono<Void> exchange(Endpoint endpoint, Call call, Function<Reply, Mono<Void>> reader);

    @Override
    default void close() {}
}
