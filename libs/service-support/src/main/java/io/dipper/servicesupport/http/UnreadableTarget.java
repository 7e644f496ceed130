package io.dipper.servicesupport.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.http.server.HttpServerResponse;

/// Requests whose target is no URI, such as `/v1/%zz`, never reach a filter: Spring answers them with
/// an empty 400 before. Here that gets a body and an id like every other error.
final class UnreadableTarget implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory> {
    private static final byte[] BODY =
            new ApiError(400, "the path must be a valid URI", "invalid_request_error", null, null).toJson();

    @Override
    public void customize(NettyReactiveWebServerFactory factory) {
        factory.addServerCustomizers(server -> server.mapHandle(UnreadableTarget::answer));
    }

    /// Nothing was written yet when Netty asks for this; a status is set only where Spring gave up.
    private static Mono<Void> answer(Mono<Void> handling, Connection connection) {
        if (connection instanceof HttpServerResponse response
                && response.status().equals(HttpResponseStatus.BAD_REQUEST)) {
            return response.header(RequestIdFilter.HEADER, RequestIdFilter.newId())
                    .header("Content-Type", "application/json")
                    .header("Content-Length", Integer.toString(BODY.length))
                    .sendByteArray(Mono.just(BODY))
                    .then();
        }
        return handling;
    }
}
