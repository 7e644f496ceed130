package io.dipper.providers.springai;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.Checked;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.Json;
import io.dipper.openaiapi.sse.SseFrames;
import io.dipper.openaiapi.wire.ChatRequest;
import io.dipper.servicesupport.backend.Backend;
import io.dipper.servicesupport.backend.Call;
import io.dipper.servicesupport.backend.Endpoint;
import io.dipper.servicesupport.backend.Reply;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/// Spring AI chat models behind OpenAI's chat route. Both kinds of answer are read as a stream, so that
/// a client's hang-up ends the provider's work either way.
final class SpringAiBackend implements Backend {

    private static final String CHAT = "/v1/chat/completions";
    private static final DefaultDataBufferFactory BUFFERS = DefaultDataBufferFactory.sharedInstance;

    private final Map<String, ChatModel> models;
    private final List<Endpoint> endpoints;

    /// @param models by the names that clients ask for
    SpringAiBackend(Map<String, ChatModel> models) {
        this.models = Map.copyOf(models);
        long now = Instant.now().getEpochSecond();
        this.endpoints = models.keySet().stream()
                .map(name -> new Endpoint("spring-ai:" + name, name, "spring-ai", Endpoint.State.READY, 0, now, null))
                .toList();
    }

    @Override
    public List<Endpoint> endpoints() {
        return endpoints;
    }

    @Override
    public boolean isKnown() {
        return true;
    }

    @Override
    public Mono<Void> exchange(Endpoint endpoint, Call call, Function<Reply, Mono<Void>> reader) {
        if (!call.method().equals(HttpMethod.POST)
                || !call.path().split("\\?", 2)[0].equals(CHAT)) {
            return reader.apply(refused(ApiError.notFound("this model's provider serves " + CHAT + " only")));
        }
        ChatModel model = models.get(endpoint.model());
        ChatRequest request;
        Prompt prompt;
        switch (ChatRequest.read(call.body())) {
            case Checked.Refused<ChatRequest>(ApiError error) -> {
                return reader.apply(refused(error));
            }
            case Checked.Accepted<ChatRequest>(ChatRequest accepted) -> request = accepted;
        }
        try {
            prompt = PromptReader.read(request, model.getOptions());
        } catch (RefusedException refusal) {
            return reader.apply(refused(refusal.error()));
        }
        Flux<ChatResponse> pieces = Flux.defer(() -> model.stream(prompt)).onErrorMap(SpringAiBackend::asTrouble);
        return call.stream() ? streamed(call, request, pieces, reader) : whole(call, pieces, reader);
    }

    private static Mono<Void> streamed(
            Call call, ChatRequest request, Flux<ChatResponse> pieces, Function<Reply, Mono<Void>> reader) {
        var options = request.generation().streamOptions();
        boolean withUsage = options != null && Boolean.TRUE.equals(options.includeUsage());
        var headers = new HttpHeaders();
        headers.setContentType(MediaType.TEXT_EVENT_STREAM);
        headers.setCacheControl(CacheControl.noCache());
        // The head is sent with the first piece: what fails before can still be answered by a status.
        return pieces.switchOnFirst((Signal<? extends ChatResponse> first, Flux<ChatResponse> all) -> {
                    if (first.isOnError()) {
                        return Flux.<Void>error(first.getThrowable());
                    }
                    Flux<DataBuffer> body = frames(new AnswerState(call.model(), withUsage), all);
                    return reader.apply(new Reply(HttpStatus.OK, headers, body)).flux();
                })
                .then();
    }

    private static Flux<DataBuffer> frames(AnswerState state, Flux<ChatResponse> pieces) {
        Flux<Object> chunks = Flux.concat(
                Mono.fromSupplier(state::role),
                pieces.concatMapIterable(state::accept),
                Mono.fromCallable(state::end).flatMapIterable(end -> end));
        return chunks.map(SseFrames::data)
                .concatWith(Mono.fromSupplier(SseFrames::done))
                .map(BUFFERS::wrap);
    }

    private static Mono<Void> whole(Call call, Flux<ChatResponse> pieces, Function<Reply, Mono<Void>> reader) {
        var state = new AnswerState(call.model(), false);
        return pieces.doOnNext(state::accept)
                .then(Mono.fromCallable(() -> json(HttpStatus.OK, Json.bytes(state.whole()))))
                .flatMap(reader);
    }

    private static Reply refused(ApiError error) {
        return json(HttpStatusCode.valueOf(error.status()), error.toJson());
    }

    private static Reply json(HttpStatusCode status, byte[] body) {
        var headers = new HttpHeaders();
        headers.setContentType(MediaType.APPLICATION_JSON);
        headers.setContentLength(body.length);
        return new Reply(status, headers, Flux.defer(() -> Flux.just(BUFFERS.wrap(body))));
    }

    /// Whatever a provider's client throws is trouble on the way to it.
    private static Throwable asTrouble(Throwable fault) {
        return fault instanceof IOException || fault instanceof TimeoutException
                ? fault
                : new IOException("the provider failed: " + fault.getClass().getSimpleName(), fault);
    }
}
