package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.ExecutionProvider;
import io.dipper.onnxruntime.OrtError;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaException;
import java.util.List;
import java.util.Map;

/// The host's cards as a choice.
public final class Cards {
    private Cards() {}

    /// The one with the most free memory; a single one is not even asked.
    ///
    /// @param cards their numbers, at least one
    /// @throws RuntimeException if a card cannot be asked, naming what is missing
    /// @throws io.dipper.engine.DeviceLostException if one of them is lost to this process
    public static int roomiest(List<Integer> cards) {
        int best = cards.getFirst();
        if (cards.size() == 1) {
            return best;
        }
        long most = -1;
        for (int card : cards) {
            long free = freeBytes(card);
            if (free > most) {
                most = free;
                best = card;
            }
        }
        return best;
    }

    /// What would be used of a card, with all versions: the card, NVIDIA's libraries, ONNX Runtime.
    ///
    /// @throws CudaException naming what is missing, or does not go together, and what to install
    public static String describe(int card) {
        String description = CudaCard.describe(card);
        requireProvider(card);
        return description + "; ONNX Runtime " + Environment.version();
    }

    /// Whether this process has lost the card that an export was to run on.
    static boolean isLost(Manifest manifest, RunnerOptions options) {
        return manifest.target().startsWith("cuda-") && CudaCard.isContextLost(options.card());
    }

    /// @throws CudaException if ONNX Runtime cannot use the card, with what it says
    static void requireProvider(int card) {
        var cuda = new ExecutionProvider.Cuda(Map.of("device_id", Integer.toString(card)), 0);
        try (Environment _ = Environment.silent()) {
            new SessionOptions().provider(cuda).check();
        } catch (OrtError e) {
            throw new CudaException("ONNX Runtime " + Environment.version() + " cannot use a card (" + e.getMessage()
                    + "): name a build of it with CUDA in DIPPER_ORT_LIBRARY, and install what that is linked against,"
                    + " cuDNN 9 and CUDA's libraries of its major version, or name them in DIPPER_CUDA_LIBRARIES");
        }
    }

    private static long freeBytes(int card) {
        try {
            return CudaCard.freeBytes(card);
        } catch (RuntimeException e) {
            throw CardFailure.told(CardPlacement.device(card), e);
        }
    }
}
