package io.dipper.inference.web;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.json.Json;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// What a handler answers with. Whatever can be refused was refused before one of these is made.
public sealed interface Answer {
    JsonMapper OWN = JsonMapper.builder().build();

    /// A body that is sent in one piece.
    record Whole(int status, Map<String, String> headers, String contentType, byte[] body) implements Answer {}

    /// A stream of events. The writer runs on the request's thread once the head of the answer is
    /// on its way.
    record Stream(FrameWriter writer) implements Answer {}

    /// Writes events until the answer is complete.
    @FunctionalInterface
    interface FrameWriter {
        /// Writes all of it.
        ///
        /// @throws ClientGoneException as soon as nobody reads any more
        void write(FrameSink frames) throws InterruptedException, ClientGoneException;
    }

    /// Where events go, in order.
    @FunctionalInterface
    interface FrameSink {
        /// Sends a frame as [SseFrames] makes them; waits while the client reads slower than this
        /// writes.
        void send(byte[] frame) throws InterruptedException, ClientGoneException;

        /// How many were sent, as far as the sink counts them.
        default long sent() {
            return 0;
        }
    }

    static Answer json(Object value) {
        return new Whole(200, Map.of(), "application/json", Json.bytes(value));
    }

    /// An answer of our own API, which unlike OpenAI's spells names in camel case.
    static Answer camelCase(int status, Object value) {
        return new Whole(status, Map.of(), "application/json", OWN.writeValueAsBytes(value));
    }

    static Answer refusal(ApiError error) {
        return new Whole(error.status(), error.headers(), "application/json", error.toJson());
    }
}
