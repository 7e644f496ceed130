package io.dipper.servicesupport.registry;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.dipper.servicesupport.http.ServiceToken;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.netty.http.client.HttpClient;

/// What a registry is told, while an instance ends.
class EndpointLeasesTest {
    static Stream<Consumer<EndpointLeases>> ends() {
        return Stream.of(EndpointLeases::close, EndpointLeases::leave);
    }

    /// A load that ends while its service stops tells everybody of it.
    @ParameterizedTest
    @MethodSource("ends")
    void a_change_after_the_end_is_told_nobody_and_fails_nobody(Consumer<EndpointLeases> end) {
        var registry = new RegistryClient(HttpClient.create(), "http://127.0.0.1:1", new ServiceToken("t".repeat(64)));
        EndpointLeases leases = EndpointLeases.start(registry, List::of);
        end.accept(leases);
        assertThatCode(leases::changed).doesNotThrowAnyException();
    }
}
