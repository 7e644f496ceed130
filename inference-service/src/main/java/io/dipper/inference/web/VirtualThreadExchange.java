package io.dipper.inference.web;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.sse.SseFrames;
import java.util.ArrayList;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// Runs a handler on a virtual thread and brings its answer to the client, without ever blocking
/// one of Netty's.
///
/// ```
/// Netty thread:     read body ──► start thread          ┌─► write head, subscribe ─► write frames as
/// they come
/// virtual thread:                 └─► handle ─► Answer ─┘   FrameWriter ─► bridge (waits for demand)
/// ```
final class VirtualThreadExchange {
    private static final Logger LOG = LoggerFactory.getLogger(VirtualThreadExchange.class);

    private final Executor virtualThreads;

    VirtualThreadExchange(Executor virtualThreads) {
        this.virtualThreads = virtualThreads;
    }

    Mono<Void> answer(ServerWebExchange exchange, Mono<byte[]> body, String pathId, Handler handler) {
        var client = new Client();
        var bridge = new FrameBridge();
        client.whenGone(bridge::cancel);
        return body.flatMap(
                        bytes -> handled(handler, new Handler.Call(pathId, bytes, client, new ArrayList<>()), bridge))
                .onErrorResume(RefusedException.class, refused -> Mono.just(Answer.refusal(refused.error())))
                .flatMap(answer -> write(exchange.getResponse(), answer, bridge))
                // Also after a normal end, when it changes nothing; on a hang-up it stops whatever still runs.
                .doFinally(_ -> client.hangUp());
    }

    private Mono<Answer> handled(Handler handler, Handler.Call call, FrameBridge bridge) {
        return Mono.create(sink -> virtualThreads.execute(() -> {
            try {
                run(handler, call, bridge, sink);
            } finally {
                call.ends().forEach(Runnable::run);
            }
        }));
    }

    private static void run(Handler handler, Handler.Call call, FrameBridge bridge, MonoSink<Answer> sink) {
        Answer answer;
        try {
            answer = handler.handle(call);
        } catch (RefusedException refused) {
            sink.error(refused);
            return;
        } catch (ClientGoneException | InterruptedException gone) {
            sink.success();
            return;
        } catch (RuntimeException | Error fault) {
            LOG.error("a request failed", fault);
            sink.error(new RefusedException(ApiError.internal()));
            return;
        }
        sink.success(answer);
        if (answer instanceof Answer.Stream(Answer.FrameWriter writer)) {
            stream(writer, bridge);
        }
    }

    private static void stream(Answer.FrameWriter writer, FrameBridge bridge) {
        try {
            writeAll(writer, bridge);
            bridge.complete();
        } catch (ClientGoneException | InterruptedException gone) {
            bridge.cancel();
        }
    }

    /// What ends a stream early is told as an event: the status has long been sent.
    private static void writeAll(Answer.FrameWriter writer, FrameBridge bridge)
            throws InterruptedException, ClientGoneException {
        try {
            writer.write(bridge);
        } catch (RefusedException refused) {
            end(bridge, refused.error());
        } catch (RuntimeException | Error fault) {
            LOG.error("a stream failed", fault);
            end(bridge, ApiError.internal());
        }
    }

    private static void end(FrameBridge bridge, ApiError error) throws InterruptedException, ClientGoneException {
        bridge.send(SseFrames.data(error.toJson()));
        bridge.send(SseFrames.done());
    }

    private static Mono<Void> write(ServerHttpResponse response, Answer answer, FrameBridge bridge) {
        return switch (answer) {
            case Answer.Whole whole -> writeWhole(response, whole);
            case Answer.Stream _ -> writeStream(response, bridge);
        };
    }

    private static Mono<Void> writeWhole(ServerHttpResponse response, Answer.Whole whole) {
        response.setStatusCode(HttpStatusCode.valueOf(whole.status()));
        whole.headers().forEach(response.getHeaders()::set);
        response.getHeaders().set("Content-Type", whole.contentType());
        response.getHeaders().setContentLength(whole.body().length);
        return response.writeWith(Mono.just(response.bufferFactory().wrap(whole.body())));
    }

    private static Mono<Void> writeStream(ServerHttpResponse response, FrameBridge bridge) {
        response.setStatusCode(HttpStatusCode.valueOf(200));
        response.getHeaders().setContentType(MediaType.TEXT_EVENT_STREAM);
        response.getHeaders().setCacheControl("no-cache");
        // Asks proxies not to gather frames.
        response.getHeaders().set("X-Accel-Buffering", "no");
        return response.writeAndFlushWith(Flux.from(bridge)
                .map(frame -> Mono.just(response.bufferFactory().wrap(frame))));
    }
}
