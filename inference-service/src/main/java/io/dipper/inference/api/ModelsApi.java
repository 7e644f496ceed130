package io.dipper.inference.api;

import io.dipper.inference.host.HostedModel;
import io.dipper.inference.host.ModelHost;
import io.dipper.inference.host.ServedModel;
import io.dipper.inference.web.Answer;
import io.dipper.inference.web.Handler.Call;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.wire.Models;
import io.dipper.openaiapi.wire.Models.Model;

/// `GET /v1/models` and `GET /v1/models/{id}`: what can be asked now.
final class ModelsApi {
    private final ModelHost host;

    ModelsApi(ModelHost host) {
        this.host = host;
    }

    Answer list(Call call) {
        return Answer.json(Models.of(host.list().stream()
                .filter(HostedModel::isServing)
                .map(model -> wire(model.served().orElseThrow()))
                .toList()));
    }

    Answer one(Call call) {
        return host.find(call.pathId())
                .filter(HostedModel::isServing)
                .map(model -> Answer.json(wire(model.served().orElseThrow())))
                .orElseGet(() -> Answer.refusal(ApiError.modelNotFound()));
    }

    private static Model wire(ServedModel model) {
        return Model.of(model.name(), model.created(), model.limits().contextTokens());
    }
}
