package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.ExecutionProvider;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaFault;
import io.dipper.operators.cuda.CudaStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/// A graph opened on a card, over weights that lie there already, with a stream of ours for all of its
/// work.
///
/// @param capturing whether runs may be captured as CUDA graphs: only if every node runs on the card
/// @param owned what is to be closed, in its order
record CardSession(Session session, CudaStream stream, boolean capturing, Owned owned) {
    static final int NOT_CAPTURED = -1;

    /// A weight that stock operators widen is widened in each step, not kept a second time.
    private static final String MOST_FOLDED_BYTES = "65536";

    private static final System.Logger LOG = System.getLogger(CardSession.class.getName());

    /// @throws IOException if the weights cannot be read
    static CardSession open(
            Path folder,
            CudaCard card,
            CustomOpDomain operators,
            Manifest manifest,
            RunnerOptions options,
            CardLedger ledger)
            throws IOException {
        var owned = new Owned();
        try {
            CardWeights weights =
                    owned.add(CardWeights.load(folder, manifest, card, options.progress()), CardWeights::close);
            ledger.note(CardLedger.WEIGHTS);
            CudaStream stream = owned.add(card.newStream(), CudaStream::close);
            Environment environment = owned.add(Environment.silent(), Environment::close);
            Path graph = folder.resolve(Placement.GRAPH);
            // Stock operators stand in loops, which cannot be captured.
            boolean capturing = manifest.operators().values().stream().allMatch(forms -> forms.stock() == 0);
            Session session;
            try {
                session = Session.open(environment, graph, options(card, operators, weights, stream, capturing));
            } catch (RuntimeException e) {
                if (CudaFault.of(e) != CudaFault.ORDINARY) {
                    throw e;
                }
                LOG.log(System.Logger.Level.WARNING, "steps are not captured as CUDA graphs: {0}", e.getMessage());
                capturing = false;
                session = Session.open(environment, graph, options(card, operators, weights, stream, false));
            }
            ledger.note("session");
            return new CardSession(owned.add(session, Session::close), stream, capturing, owned);
        } catch (IOException | RuntimeException | Error e) {
            owned.closeAfter(e);
            throw e;
        }
    }

    private static SessionOptions options(
            CudaCard card, CustomOpDomain operators, CardWeights weights, CudaStream stream, boolean capturing) {
        Map<String, String> settings = Map.of(
                "device_id",
                Integer.toString(card.ordinal()),
                "use_tf32",
                "0",
                "arena_extend_strategy",
                "kSameAsRequested",
                "enable_cuda_graph",
                capturing ? "1" : "0");
        var options = new SessionOptions()
                .memoryPattern(false)
                .config("optimization.constant_folding_max_output_size_in_bytes", MOST_FOLDED_BYTES)
                .customOps(operators)
                .provider(new ExecutionProvider.Cuda(settings, stream.handle()));
        weights.tensors().forEach(options::externalInitializer);
        return options;
    }

    /// For runs that are captured under this number, or not at all. Where there are no captures, runs wait for the
    /// card:
    /// what ONNX Runtime keeps in the host's memory for the nodes of a loop it cannot let go otherwise.
    RunOptions runOptions(int graph) {
        var options = RunOptions.create();
        return capturing
                ? options.config("disable_synchronize_execution_providers", "1")
                        .config("gpu_graph_id", Integer.toString(graph))
                : options;
    }
}
