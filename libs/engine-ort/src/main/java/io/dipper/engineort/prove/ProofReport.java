package io.dipper.engineort.prove;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A proof as one JSON document, the same from the command line and from a service. All keys are
/// always there.
public final class ProofReport {
    private ProofReport() {}

    /// What a proof found; without a reference, what only a reference can tell is null.
    public static ObjectNode of(Proof proof) {
        ObjectNode report = empty(proof.verdict().name());
        var ids = report.putArray("greedy_ids");
        for (int id : proof.greedyIds()) {
            ids.add(id);
        }
        if (proof.reference() != null) {
            report.put("max_logit_diff", proof.reference().maxLogitDiff());
            report.put("greedy_match", proof.reference().greedyMatch());
            report.put("prompt_logit_diff", proof.reference().promptLogitDiff());
            report.put("positions_over_limit", proof.reference().positionsOver());
            report.put("logit_diff_elsewhere", proof.reference().logitDiffElsewhere());
        }
        report.put("prefill_decode_diff", proof.prefillDecodeDiff());
        report.put("batch_diff", proof.batchDiff());
        var operators = report.putObject("operators");
        proof.operators().forEach(operators::put);
        return report;
    }

    /// Nothing was run: what `key` says cannot be served.
    public static ObjectNode refused(String key, String value, String reason) {
        ObjectNode report = empty("REFUSED");
        report.putObject("refused").put("key", key).put("value", value).put("reason", reason);
        return report;
    }

    private static ObjectNode empty(String verdict) {
        ObjectNode report = JsonMapper.shared().createObjectNode().put("verdict", verdict);
        for (String field : new String[] {
            "max_logit_diff",
            "greedy_ids",
            "greedy_match",
            "prefill_decode_diff",
            "batch_diff",
            "refused",
            "prompt_logit_diff",
            "positions_over_limit",
            "logit_diff_elsewhere",
            "operators"
        }) {
            report.putNull(field);
        }
        return report;
    }
}
