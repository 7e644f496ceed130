package io.dipper.inference.api;

import io.dipper.engine.EngineStats;
import io.dipper.export.Target;
import io.dipper.inference.host.HostedModel;
import io.dipper.inference.host.ModelHost;
import io.dipper.inference.host.ModelMemory;
import io.dipper.inference.host.ServedModel;
import io.dipper.inference.host.Wanted;
import io.dipper.inference.web.Answer;
import io.dipper.inference.web.Handler.Call;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.StrictJson;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// `/api/inference/models`: what this host has loaded, and loading and unloading while others
/// serve.
final class HostApi {
    private static final int MOST_CARDS = 63;

    private final ModelHost host;

    HostApi(ModelHost host) {
        this.host = host;
    }

    record Listing(List<Entry> data) {
        static Listing of(List<HostedModel> models) {
            return new Listing(models.stream().map(Entry::of).toList());
        }
    }

    /// A model's state and what it takes; the figures are there once it is loaded.
    ///
    /// @param device where it runs, as in `cpu` or `cuda:0`
    record Entry(
            String name,
            String state,
            String message,
            @Nullable String device,
            @Nullable ModelMemory memory,
            int running,
            int waiting,
            int capacity,
            @Nullable Engine engine) {

        static Entry of(HostedModel model) {
            ServedModel served = model.served().orElse(null);
            if (served == null) {
                return new Entry(model.name(), model.state().name(), model.message(), null, null, 0, 0, 0, null);
            }
            EngineStats stats = served.engine().stats();
            var limits = served.engine().limits();
            return new Entry(
                    model.name(),
                    model.isServing() || model.state() != HostedModel.State.READY
                            ? model.state().name()
                            : HostedModel.State.FAILED.name(),
                    model.isDeviceLost() ? "this process has lost its context on the card" : model.message(),
                    served.engine().device(),
                    served.memory(),
                    stats.running(),
                    stats.waiting(),
                    limits.maxRunning() + limits.maxWaiting(),
                    Engine.of(stats));
        }
    }

    /// How the engine has fared since it was started.
    ///
    /// @param outsideRuntime share of the steps' time that was not spent in the runtime
    record Engine(
            long steps,
            long finished,
            long cancelled,
            long failed,
            long refused,
            long preempted,
            int heldBlocks,
            int totalBlocks,
            double outsideRuntime) {

        static Engine of(EngineStats stats) {
            return new Engine(
                    stats.steps(),
                    stats.finished(),
                    stats.cancelled(),
                    stats.failed(),
                    stats.refusedTotal(),
                    stats.preempted(),
                    stats.heldBlocks(),
                    stats.totalBlocks(),
                    stats.shareOutsideRuntime());
        }
    }

    Answer list(Call call) {
        return Answer.camelCase(200, Listing.of(host.list()));
    }

    /// Begins to load; 202 says that it goes on.
    Answer load(Call call) {
        Wanted wanted = wanted(call.pathId(), call.body());
        if (!wanted.isPossible()) {
            throw new RefusedException(ApiError.invalid(
                    "model",
                    "model must be a model's name, or the path of a checkpoint's folder whose name is one: letters,"
                            + " digits, '.', '_' and '-'"));
        }
        HostedModel model = host.load(wanted);
        int status = model.state() == HostedModel.State.LOADING ? 202 : 200;
        return Answer.camelCase(status, Entry.of(model));
    }

    /// Returns when the model is gone, whoever asked for that first.
    Answer unload(Call call) throws InterruptedException {
        return host.unload(call.pathId())
                ? Answer.camelCase(200, Listing.of(host.list()))
                : Answer.refusal(ApiError.modelNotFound());
    }

    private static Wanted wanted(String asked, byte[] body) {
        return body.length == 0
                ? Wanted.of(asked, Target.CPU_F32)
                : StrictJson.read(body, fields -> {
                            String target =
                                    fields.only("target", "force", "card").text("target");
                            Boolean force = fields.flag("force");
                            Target on = target == null ? Target.CPU_F32 : named(target);
                            return new Wanted(asked, on, force != null && force, card(fields.integer("card"), on));
                        })
                        .orThrow();
    }

    private static OptionalInt card(@Nullable Long number, Target target) {
        if (number == null) {
            return OptionalInt.empty();
        }
        if (!target.runsOnCard()) {
            throw new RefusedException(ApiError.invalid(
                    "card", "card is for targets that run on one, not for " + target + ", given: " + number));
        }
        if (number < 0 || number > MOST_CARDS) {
            throw new RefusedException(
                    ApiError.invalid("card", "card must be 0 to " + MOST_CARDS + ", given: " + number));
        }
        return OptionalInt.of(number.intValue());
    }

    static Target named(String text) {
        try {
            return Target.named(text);
        } catch (IllegalArgumentException e) {
            throw new RefusedException(ApiError.invalid("target", e.getMessage()));
        }
    }
}
