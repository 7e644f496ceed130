package io.dipper.inference.api;

import io.dipper.export.Target;
import io.dipper.inference.host.FolderSource;
import io.dipper.inference.host.Proofs;
import io.dipper.inference.web.Answer;
import io.dipper.inference.web.Handler.Call;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.StrictJson;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `POST /api/inference/prove {folder, target}`: how a checkpoint that lies on this host would be
/// served.
final class ProofApi {
    private static final Logger LOG = LoggerFactory.getLogger(ProofApi.class);
    private static final int RETRY_AFTER_SECONDS = 60;

    private final Proofs proofs;

    ProofApi(Proofs proofs) {
        this.proofs = proofs;
    }

    private record Request(String folder, @Nullable String target) {}

    /// Answers when it is proven. A client that hangs up ends the proof.
    Answer prove(Call call) throws InterruptedException {
        Request request = StrictJson.read(
                        call.body(),
                        fields -> new Request(
                                fields.only("folder", "target").requiredText("folder"), fields.text("target")))
                .orThrow();
        Path checkpoint = FolderSource.checkpointFolder(request.folder())
                .orElseThrow(() -> new RefusedException(ApiError.invalid(
                        "folder", "folder must be the path of a checkpoint: of a folder with config.json")));
        Target target = request.target() == null ? Target.CPU_F32 : HostApi.named(request.target());
        call.client().whenGone(Thread.currentThread()::interrupt);
        try {
            return Answer.json(proofs.prove(checkpoint, target));
        } catch (IOException e) {
            LOG.warn("{} could not be proven", checkpoint, e);
            throw new RefusedException(
                    ApiError.unavailable("the proof could not be run to its end", "proof_failed", RETRY_AFTER_SECONDS));
        }
    }
}
