package io.dipper.registry.catalogue;

import io.dipper.checkpoint.StoredFile;
import io.dipper.servicesupport.registry.ModelName;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.support.TransactionTemplate;

/// Models and their versions, as rows. Blocks: for virtual threads.
@Repository
public class CatalogueStore {
    /// Where a version's files are, below the models folder.
    public record Stored(long versionId, String folder, String digest) {}

    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;
    private final ModelFolders folders;

    public CatalogueStore(JdbcClient jdbc, TransactionTemplate transactions, ModelFolders folders) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.folders = folders;
    }

    public List<ModelSummary> list(ModelFilter filter) {
        ModelFilter.Where where = filter.where();
        var exports = new CatalogueRows.ExportsByVersion();
        jdbc.sql("select version_id, target, state, bytes from export order by target")
                .query(exports);
        return jdbc.sql("""
                        select m.name, v.* from current_version v join model m on m.id = v.model_id
                        where %s order by lower(m.name)""".formatted(where.sql()))
                .params(where.parameters())
                .query((row, _) -> CatalogueRows.summary(row, exports))
                .list();
    }

    public Optional<Stored> current(ModelName name) {
        return jdbc.sql("""
                        select v.id, v.folder, v.digest from current_version v join model m on m.id = v.model_id
                        where m.name = :name""")
                .param("name", name.text())
                .query(CatalogueRows::stored)
                .optional();
    }

    /// The version of that name and content, current or not.
    public Optional<Stored> find(ModelName name, String digest) {
        return jdbc.sql("""
                        select v.id, v.folder, v.digest from model_version v join model m on m.id = v.model_id
                        where m.name = :name and v.digest = :digest""")
                .param("name", name.text())
                .param("digest", digest)
                .query(CatalogueRows::stored)
                .optional();
    }

    /// The folder that holds this content already, under whatever name.
    public Optional<String> folderOf(String digest) {
        return jdbc.sql("select folder from model_version where digest = :digest order by id limit 1")
                .param("digest", digest)
                .query(String.class)
                .optional();
    }

    public boolean isReferenced(String folder) {
        return jdbc.sql("select exists (select 1 from model_version where folder = :folder)")
                .param("folder", folder)
                .query(Boolean.class)
                .single();
    }

    /// Makes a version the current one of its name.
    public void choose(long versionId) {
        jdbc.sql("update model_version set chosen_at = clock_timestamp() where id = :id")
                .param("id", versionId)
                .update();
    }

    /// Adds a version with all that belongs to it, at once, unless it is there already; it becomes
    /// the current one. Doing this twice is doing it once.
    ///
    /// @return false, and nothing is added, if its files are gone: another name's removal took them
    public boolean add(NewVersion version) {
        return Boolean.TRUE.equals(transactions.execute(_ -> {
            FolderLock.take(jdbc);
            if (!folders.isComplete(version.folder(), version.export().target())) {
                return false;
            }
            Optional<Stored> there = find(version.name(), version.digest());
            if (there.isPresent()) {
                choose(there.get().versionId());
                return true;
            }
            long modelId = jdbc.sql("""
                            insert into model (name) values (:name)
                            on conflict (name) do update set name = excluded.name returning id""")
                    .param("name", version.name().text())
                    .query(Long.class)
                    .single();
            long versionId = insertVersion(modelId, version);
            for (StoredFile file : version.files()) {
                jdbc.sql("insert into model_file (version_id, name, bytes, sha256) values (?, ?, ?, ?)")
                        .params(versionId, file.name(), file.bytes(), file.sha256())
                        .update();
            }
            NewVersion.NewExport export = version.export();
            jdbc.sql("insert into export (version_id, target, bytes, seconds) values (?, ?, ?, ?)")
                    .params(versionId, export.target(), export.bytes(), export.seconds())
                    .update();
            return true;
        }));
    }

    private long insertVersion(long modelId, NewVersion version) {
        return jdbc.sql("""
                        insert into model_version (model_id, digest, source, folder, bytes, chosen_at, %s, facts)
                        values (:model, :digest, :source, :folder, :bytes, clock_timestamp(), %s,
                            cast(:facts as jsonb))
                        returning id""".formatted(ArchitectureColumns.NAMES, ArchitectureColumns.PLACEHOLDERS))
                .param("model", modelId)
                .param("digest", version.digest())
                .param("source", version.source())
                .param("folder", version.folder())
                .param("bytes", version.bytes())
                .params(ArchitectureColumns.parameters(version.architecture()))
                .param("facts", version.facts().toString())
                .query(Long.class)
                .single();
    }
}
