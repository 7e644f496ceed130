package io.dipper.cli.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// What the command says of a load that others can end.
@Timeout(60)
class LoadCommandTest {
    private static final String LOADING = "{\"name\": \"mine\", \"state\": \"LOADING\", \"message\": \"\"}";

    @ParameterizedTest
    @ValueSource(strings = {"{\"name\": \"mine\", \"state\": \"DRAINING\", \"message\": \"\"}", ""})
    void aLoadThatSomebodyEndsByAnUnloadSaysSo(String then) throws Exception {
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> load(LOADING, list(LOADING), list(then)))
                .withMessage("mine was unloaded while this command waited for it")
                .satisfies(failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.BAD_INPUT));
    }

    @Test
    void aLoadThatFailsSaysWhy() throws Exception {
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> load(
                        LOADING, list("{\"name\": \"mine\", \"state\": \"FAILED\", \"message\": \"no such file\"}")))
                .withMessage("mine: no such file");
    }

    @Test
    void aLoadThatEndsWellEndsTheCommandWell() throws Exception {
        assertThat(load(LOADING, list(LOADING), list(LOADING.replace("LOADING", "READY"))))
                .isZero();
    }

    private static String list(String entry) {
        return "{\"data\": [" + entry + "]}";
    }

    /// Runs against a platform that gives these answers, one after another.
    private static int load(String... answers) throws Exception {
        var left = new ConcurrentLinkedQueue<>(List.of(answers));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                byte[] body = left.remove().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            } catch (RuntimeException e) {
                throw new IOException("asked once more than there are answers", e);
            }
        });
        server.start();
        try {
            var command = new LoadCommand();
            new CommandLine(command).parseArgs("mine");
            return command.run(new Platform(
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort()), "key"));
        } finally {
            server.stop(0);
        }
    }
}
