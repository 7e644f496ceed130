package io.dipper.inference.api;

import io.dipper.inference.host.ModelHost;
import io.dipper.inference.host.ServedModel;
import io.dipper.inference.prompt.Prompts;
import io.dipper.inference.validation.TokenIds;
import io.dipper.inference.web.Answer;
import io.dipper.inference.web.Handler.Call;
import io.dipper.openaiapi.wire.TokenRequests.Detokenize;
import io.dipper.openaiapi.wire.TokenRequests.Text;
import io.dipper.openaiapi.wire.TokenRequests.Tokenize;
import io.dipper.openaiapi.wire.TokenRequests.Tokens;

/// `POST /tokenize` and `POST /detokenize`
final class TokensApi {
    private final ModelHost host;

    TokensApi(ModelHost host) {
        this.host = host;
    }

    Answer tokenize(Call call) {
        Tokenize request = Tokenize.read(call.body()).orThrow();
        ServedModel model = host.use(request.model(), call::atEnd);
        // More text than any prompt may have is not worth cutting up.
        Prompts.refuseHopeless(model, request.prompt(), "prompt");
        int[] ids = model.tokenizer().encode(request.prompt(), request.addSpecialTokens());
        return Answer.json(new Tokens(ids, ids.length, model.limits().contextTokens()));
    }

    Answer detokenize(Call call) {
        Detokenize request = Detokenize.read(call.body()).orThrow();
        ServedModel model = host.use(request.model(), call::atEnd);
        int[] ids = TokenIds.check("tokens", request.tokens(), model.limits().vocabularySize());
        return Answer.json(new Text(model.tokenizer().decode(ids, false)));
    }
}
