package io.dipper.registry.catalogue;

import io.dipper.registry.web.Rows;
import io.dipper.servicesupport.registry.EndpointLease;
import java.util.HashMap;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/// What engines told of their memory, kept with the exports that they ran.
@Repository
public class ExportMemories {
    private final JdbcClient jdbc;

    public ExportMemories(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Keeps what a running engine tells, if its model is known and has an export for its target: of
    /// the model's current version, since a lease names none.
    public void keep(EndpointLease lease) {
        EndpointLease.Memory memory = lease.memory();
        if (lease.target() == null || memory.heldPeakBytes() == 0) {
            return;
        }
        // A peak is held against the prediction that it was loaded with: under another one it begins anew.
        jdbc.sql("""
                        insert into export_memory as kept (export_id, predicted_kv_bytes, reserved_kv_bytes,
                            predicted_total_bytes, peak_total_bytes, reported_at)
                        select e.id, :predictedKv, :reservedKv, :predictedTotal, :peakTotal, now()
                        from current_version v join model m on m.id = v.model_id join export e on e.version_id = v.id
                        where m.name = :model and e.target = :target
                        on conflict (export_id) do update set
                            predicted_kv_bytes = excluded.predicted_kv_bytes,
                            reserved_kv_bytes = excluded.reserved_kv_bytes,
                            predicted_total_bytes = excluded.predicted_total_bytes,
                            peak_total_bytes = case
                                when kept.predicted_total_bytes = excluded.predicted_total_bytes
                                then greatest(kept.peak_total_bytes, excluded.peak_total_bytes)
                                else excluded.peak_total_bytes end,
                            reported_at = excluded.reported_at""")
                .param("predictedKv", memory.plannedKvBytes())
                .param("reservedKv", memory.kvReservedBytes())
                .param("predictedTotal", memory.plannedTotalBytes())
                .param("peakTotal", memory.heldPeakBytes())
                .param("model", lease.model())
                .param("target", lease.target())
                .update();
    }

    /// By the export's id, of one version.
    Map<Long, ExportMemory> of(long versionId) {
        Map<Long, ExportMemory> memories = new HashMap<>();
        jdbc.sql("""
                        select kept.* from export_memory kept join export e on e.id = kept.export_id
                        where e.version_id = :id""").param("id", versionId).query(row -> {
            memories.put(
                    row.getLong("export_id"),
                    new ExportMemory(
                            row.getLong("predicted_kv_bytes"),
                            row.getLong("reserved_kv_bytes"),
                            row.getLong("predicted_total_bytes"),
                            row.getLong("peak_total_bytes"),
                            Rows.instant(row, "reported_at")));
        });
        return memories;
    }
}
