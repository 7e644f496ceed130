package io.dipper.inference.answer;

import io.dipper.inference.host.ModelHost;
import io.dipper.inference.host.ServedModel;
import io.dipper.inference.metrics.ModelMeters.Operation;
import io.dipper.inference.metrics.RequestMeter;
import io.dipper.inference.prompt.TextPrompt;
import io.dipper.inference.validation.CompletionValidation;
import io.dipper.inference.validation.ValidCompletion;
import io.dipper.inference.web.Answer;
import io.dipper.inference.web.ClientGoneException;
import io.dipper.inference.web.Handler.Call;
import io.dipper.openaiapi.wire.CompletionRequest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/// `POST /v1/completions`
public final class Completions {
    private final ModelHost host;
    private final CompletionValidation validation;
    private final Clock clock;

    public Completions(ModelHost host, CompletionValidation validation, Clock clock) {
        this.host = host;
        this.validation = validation;
        this.clock = clock;
    }

    public Answer complete(Call call) throws InterruptedException, ClientGoneException {
        long startNs = System.nanoTime();
        CompletionRequest request = CompletionRequest.read(call.body()).orThrow();
        ServedModel model = host.use(request.model(), call::atEnd);
        ValidCompletion completion =
                validation.validate(request, model.limits()).orThrow();
        var prompts = new ArrayList<TextPrompt>();
        for (var prompt : completion.prompts()) {
            prompts.add(TextPrompt.of(model, prompt));
        }
        var generation = completion.generation();
        boolean scorePrompt = completion.echo() && (generation.wantsLogprobs() || generation.maxTokens() == 0);
        var order = new RunningSequences.Order(
                model.engine(),
                List.copyOf(prompts.stream().map(TextPrompt::ids).toList()),
                "prompt",
                generation,
                model.endIds(),
                scorePrompt);
        var running = RunningSequences.submit(order, model.limits().contextTokens(), call.client());
        RequestMeter meter = model.meters().start(Operation.TEXT_COMPLETION, startNs, running.sequences());
        var run = new SequenceRun(running, meter);
        var sequences = CompletionSequences.of(model, completion, prompts);
        var head = AnswerHead.of(UniqueIds.completion(), model.name(), model.fingerprint(), clock);
        if (generation.delivery().isStream()) {
            return new Answer.Stream(frames -> {
                var stream = new CompletionStream(sequences, head, generation.delivery(), frames);
                stream.close(run.run(stream));
            });
        }
        var answer = new CompletionAnswer(sequences);
        return Answer.json(answer.reply(head, run.run(answer)));
    }
}
