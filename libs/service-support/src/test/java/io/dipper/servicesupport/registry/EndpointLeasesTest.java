package io.dipper.servicesupport.registry;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.dipper.servicesupport.http.ServiceToken;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.netty.http.client.HttpClient;

class EndpointLeasesTest {
    private final RegistryClient registry =
            new RegistryClient(HttpClient.create(), "http://127.0.0.1:1", new ServiceToken("x".repeat(16)));

    /// A load or an unload may end when nobody is told any more; who else is told of it is to hear it.
    @Test
    void aChangeAfterTheEndIsNoFault() {
        EndpointLeases left = EndpointLeases.start(registry, List::of);
        left.leave();
        assertThatCode(left::changed).doesNotThrowAnyException();
        EndpointLeases withdrawn = EndpointLeases.start(registry, List::of);
        withdrawn.close();
        assertThatCode(withdrawn::changed).doesNotThrowAnyException();
    }
}
