package io.dipper.registry.proofs;

import io.dipper.registry.web.Rows;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.support.TransactionTemplate;

/// Which exports wait for a proof, and what proofs found. Blocks: for virtual threads.
@Repository
class ProofStore {
    /// An export that was taken to be proven.
    ///
    /// @param attempts how often it was taken, this time included
    record Candidate(long exportId, String model, String folder, String target, int attempts) {}

    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;

    ProofStore(JdbcClient jdbc, TransactionTemplate transactions) {
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    /// Takes an export that is due. If nothing comes of it within `limit`, it is due again.
    Optional<Candidate> take(Duration limit) {
        return jdbc.sql("""
                        update export e set state = 'PROVING', proof_attempts = proof_attempts + 1,
                            proof_due_at = now() + make_interval(secs => :limit)
                        from model_version v join model m on m.id = v.model_id
                        where v.id = e.version_id and e.id = (
                            select id from export
                            where state in ('UNPROVEN', 'PROVING') and proof_due_at <= now()
                            order by proof_due_at limit 1 for update skip locked)
                        returning e.id, m.name, v.folder, e.target, e.proof_attempts""")
                .param("limit", limit.toSeconds())
                .query((row, _) -> new Candidate(
                        row.getLong("id"),
                        row.getString("name"),
                        row.getString("folder"),
                        row.getString("target"),
                        row.getInt("proof_attempts")))
                .optional();
    }

    /// Nobody could prove it this time.
    void putBack(Candidate candidate, Duration pause) {
        jdbc.sql("""
                        update export set state = 'UNPROVEN', proof_due_at = now() + make_interval(secs => :pause)
                        where id = :id and state = 'PROVING'""")
                .param("pause", pause.toSeconds())
                .param("id", candidate.exportId())
                .update();
    }

    void record(Candidate candidate, Verdict verdict, Map<String, Object> report, String prover, double seconds) {
        transactions.executeWithoutResult(_ -> {
            int changed = jdbc.sql("update export set state = :state where id = :id")
                    .param("state", verdict.state().name())
                    .param("id", candidate.exportId())
                    .update();
            if (changed == 0) {
                return; // the model was removed meanwhile
            }
            jdbc.sql("""
                            insert into proof (export_id, verdict, report, prover, seconds)
                            values (:export, :verdict, cast(:report as jsonb), :prover, :seconds)""")
                    .param("export", candidate.exportId())
                    .param("verdict", verdict.name())
                    .param("report", Rows.json(report))
                    .param("prover", prover)
                    .param("seconds", seconds)
                    .update();
        });
    }
}
