package io.dipper.registry.catalogue;

import io.dipper.checkpoint.StoredFile;
import io.dipper.registry.endpoints.EndpointStore;
import io.dipper.registry.web.Rows;
import io.dipper.servicesupport.registry.ModelName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/// Puts together all that is known of one model.
@Repository
public class CatalogueReader {
    private final JdbcClient jdbc;
    private final ModelFolders folders;
    private final EndpointStore endpoints;
    private final ExportMemories memories;

    public CatalogueReader(JdbcClient jdbc, ModelFolders folders, EndpointStore endpoints, ExportMemories memories) {
        this.jdbc = jdbc;
        this.folders = folders;
        this.endpoints = endpoints;
        this.memories = memories;
    }

    public Optional<ModelDetails> details(ModelName name) {
        return jdbc.sql("""
                        select m.name, v.* from current_version v join model m on m.id = v.model_id
                        where m.name = :name""")
                .param("name", name.text())
                .query((row, _) -> new ModelDetails(
                        row.getString("name"),
                        row.getString("digest"),
                        row.getString("source"),
                        row.getLong("bytes"),
                        Rows.instant(row, "created_at"),
                        folders.checkpoint(row.getString("folder")).toString(),
                        ArchitectureColumns.architecture(row),
                        Rows.object(row, "facts"),
                        files(row.getLong("id")),
                        exports(row.getLong("id"), row.getString("folder")),
                        versions(row.getLong("model_id")),
                        endpoints.live(name.text())))
                .optional();
    }

    /// Where the files for a target are, of the model's current version.
    public Optional<ModelExport> export(ModelName name, String target) {
        return jdbc.sql("""
                        select v.folder, e.target, e.state from current_version v
                        join model m on m.id = v.model_id join export e on e.version_id = v.id
                        where m.name = :name and e.target = :target""")
                .param("name", name.text())
                .param("target", target)
                .query((row, _) -> new ModelExport(
                        folders.export(row.getString("folder"), row.getString("target"))
                                .toString(),
                        folders.checkpoint(row.getString("folder")).toString(),
                        ExportState.valueOf(row.getString("state"))))
                .optional();
    }

    private List<StoredFile> files(long versionId) {
        return jdbc.sql("select name, bytes, sha256 from model_file where version_id = :id order by name")
                .param("id", versionId)
                .query((row, _) -> new StoredFile(row.getString("name"), row.getLong("bytes"), row.getString("sha256")))
                .list();
    }

    private List<ModelDetails.Export> exports(long versionId, String folder) {
        Map<Long, List<ModelDetails.Proof>> proofs = new HashMap<>();
        jdbc.sql("""
                        select p.* from proof p join export e on e.id = p.export_id
                        where e.version_id = :id order by p.id desc""").param("id", versionId).query(row -> {
            proofs.computeIfAbsent(row.getLong("export_id"), _ -> new ArrayList<>())
                    .add(new ModelDetails.Proof(
                            row.getString("verdict"),
                            Rows.object(row, "report"),
                            row.getString("prover"),
                            row.getDouble("seconds"),
                            Rows.instant(row, "created_at")));
        });
        Map<Long, ExportMemory> memory = memories.of(versionId);
        return jdbc.sql("select * from export where version_id = :id order by target")
                .param("id", versionId)
                .query((row, _) -> new ModelDetails.Export(
                        row.getString("target"),
                        ExportState.valueOf(row.getString("state")),
                        folders.export(folder, row.getString("target")).toString(),
                        row.getLong("bytes"),
                        row.getDouble("seconds"),
                        Rows.instant(row, "created_at"),
                        proofs.getOrDefault(row.getLong("id"), List.of()),
                        memory.get(row.getLong("id"))))
                .list();
    }

    private List<ModelDetails.Version> versions(long modelId) {
        return jdbc.sql("""
                        select digest, source, created_at from model_version
                        where model_id = :id order by chosen_at desc, id desc""")
                .param("id", modelId)
                .query((row, _) -> new ModelDetails.Version(
                        row.getString("digest"), row.getString("source"), Rows.instant(row, "created_at")))
                .list();
    }
}
