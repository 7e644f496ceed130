package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.dipper.checkpoint.Digests;
import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import io.dipper.servicesupport.http.ServiceToken;
import io.dipper.servicesupport.registry.RegistryClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.netty.http.client.HttpClient;

/// What the registry says of an export, as the host takes it.
class RegistrySourceTest {
    @TempDir
    Path models;

    private final Path checkpoint = Fixtures.golden("qwen3").toAbsolutePath();
    private HttpServer registry;
    private RegistrySource source;
    private Path imported;

    @BeforeEach
    void startRegistry() throws IOException {
        imported = models.resolve("imported");
        Exporter.export(checkpoint, Target.CPU_F32, imported, Progress.NONE);
        registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        registry.createContext("/api/registry/models/", exchange -> {
            URI asked = exchange.getRequestURI();
            boolean isThere =
                    !asked.getPath().contains("/unknown/") && asked.getQuery().equals("target=cpu-f32");
            String state = asked.getPath().contains("/wrong/") ? "FAILED" : "PROVEN";
            byte[] body = ("{\"folder\":\"" + imported + "\",\"checkpointFolder\":\"" + checkpoint + "\",\"state\":\""
                            + state + "\"}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(isThere ? 200 : 404, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        registry.start();
        String url = "http://127.0.0.1:" + registry.getAddress().getPort();
        source = new RegistrySource(
                new RegistryClient(HttpClient.create(), url, new ServiceToken("t".repeat(64))),
                new FolderSource(models));
    }

    @AfterEach
    void stopRegistry() {
        registry.stop(0);
    }

    @Test
    void an_export_whose_proof_failed_is_served_by_force_alone() throws Exception {
        var files = new ModelFiles("right", imported, checkpoint);
        assertThat(source.find(Wanted.of("right", Target.CPU_F32))).contains(files);
        assertThatThrownBy(() -> source.find(Wanted.of("wrong", Target.CPU_F32)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the proof of wrong for cpu-f32 failed");
        assertThat(source.find(new Wanted("wrong", Target.CPU_F32, true, OptionalInt.empty())))
                .contains(new ModelFiles("wrong", imported, checkpoint));
    }

    /// An import is exported for one target: the others are made of its checkpoint when they are asked for.
    @Test
    void what_has_no_export_for_a_target_is_exported_for_it_on_first_use() throws Exception {
        var wanted = Wanted.of("right", Target.ONNX_STANDARD);
        ModelFiles files = source.find(wanted).orElseThrow();
        assertThat(files.name()).isEqualTo("right");
        assertThat(files.checkpointFolder()).isEqualTo(checkpoint);
        assertThat(Manifest.open(files.exportFolder()).target()).isEqualTo("onnx-standard");
        assertThat(files.exportFolder())
                .isEqualTo(models.resolve(".direct")
                        .resolve(Digests.ofCheckpoint(checkpoint, Progress.NONE))
                        .resolve("onnx-standard"));
        assertThat(source.find(wanted)).contains(files);
        assertThat(source.find(Wanted.of("unknown", Target.ONNX_STANDARD))).isEmpty();
    }
}
