package io.dipper.inference.answer;

import io.dipper.inference.host.ModelHost;
import io.dipper.inference.host.ServedModel;
import io.dipper.inference.metrics.ModelMeters.Operation;
import io.dipper.inference.metrics.RequestMeter;
import io.dipper.inference.prompt.ChatPrompt;
import io.dipper.inference.validation.ChatValidation;
import io.dipper.inference.validation.ValidChat;
import io.dipper.inference.web.Answer;
import io.dipper.inference.web.ClientGoneException;
import io.dipper.inference.web.Handler.Call;
import io.dipper.openaiapi.wire.ChatRequest;
import io.dipper.openaiapi.wire.TokenRequests;
import java.time.Clock;
import java.util.List;

/// `POST /v1/chat/completions` and what the model would see of it.
public final class ChatCompletions {
    private final ModelHost host;
    private final ChatValidation validation;
    private final Clock clock;

    public ChatCompletions(ModelHost host, ChatValidation validation, Clock clock) {
        this.host = host;
        this.validation = validation;
        this.clock = clock;
    }

    /// `POST /v1/chat/completions`
    public Answer complete(Call call) throws InterruptedException, ClientGoneException {
        long startNs = System.nanoTime();
        ChatRequest request = ChatRequest.read(call.body()).orThrow();
        ServedModel model = host.use(request.model(), call::atEnd);
        ValidChat chat = validation.validate(request, model.limits()).orThrow();
        ChatPrompt prompt = ChatPrompt.render(model, chat, clock);
        var order = new RunningSequences.Order(
                model.engine(), List.of(prompt.ids()), "messages", chat.generation(), model.endIds(), false);
        var running = RunningSequences.submit(order, model.limits().contextTokens(), call.client());
        RequestMeter meter = model.meters().start(Operation.CHAT, startNs, running.sequences());
        var run = new SequenceRun(running, meter);
        var sequences = ChatSequences.of(model, chat, prompt.text(), prompt.ids());
        var head = AnswerHead.of(UniqueIds.chat(), model.name(), model.fingerprint(), clock);
        var delivery = chat.generation().delivery();
        if (delivery.isStream()) {
            return new Answer.Stream(frames -> {
                var stream = new ChatStream(sequences, head, delivery, frames);
                stream.close(run.run(stream));
            });
        }
        var answer = new ChatAnswer(sequences);
        return Answer.json(answer.reply(head, run.run(answer)));
    }

    /// `POST /v1/chat/completions/render`
    public Answer render(Call call) {
        ChatRequest request = ChatRequest.read(call.body()).orThrow();
        ServedModel model = host.use(request.model(), call::atEnd);
        ValidChat chat = validation.validate(request, model.limits()).orThrow();
        ChatPrompt prompt = ChatPrompt.render(model, chat, clock);
        return Answer.json(new TokenRequests.Rendered(prompt.text(), prompt.ids()));
    }
}
