package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.dipper.export.Target;
import io.dipper.servicesupport.http.ServiceToken;
import io.dipper.servicesupport.registry.RegistryClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.netty.http.client.HttpClient;

/// What the registry says of an export, as the host takes it.
class RegistrySourceTest {
    private HttpServer registry;
    private RegistrySource source;

    @BeforeEach
    void startRegistry() throws IOException {
        registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        registry.createContext("/api/registry/models/", exchange -> {
            String state = exchange.getRequestURI().getPath().contains("/wrong/") ? "FAILED" : "PROVEN";
            byte[] body = ("{\"folder\":\"/export\",\"checkpointFolder\":\"/checkpoint\",\"state\":\"" + state + "\"}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        registry.start();
        String url = "http://127.0.0.1:" + registry.getAddress().getPort();
        source = new RegistrySource(new RegistryClient(HttpClient.create(), url, new ServiceToken("t".repeat(64))));
    }

    @AfterEach
    void stopRegistry() {
        registry.stop(0);
    }

    @Test
    void an_export_whose_proof_failed_is_served_by_force_alone() throws Exception {
        var files = new ModelFiles("right", Path.of("/export"), Path.of("/checkpoint"));
        assertThat(source.find(Wanted.of("right", Target.CPU_F32))).contains(files);
        assertThatThrownBy(() -> source.find(Wanted.of("wrong", Target.CPU_F32)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the proof of wrong for cpu-f32 failed");
        assertThat(source.find(new Wanted("wrong", Target.CPU_F32, true, OptionalInt.empty())))
                .contains(new ModelFiles("wrong", Path.of("/export"), Path.of("/checkpoint")));
    }
}
