package io.dipper.registry.imports;

import io.dipper.registry.web.Rows;
import io.dipper.servicesupport.registry.ModelName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.support.TransactionTemplate;

/// Jobs, as rows. A job is worked on by whoever owns it; every change by an owner holds only while
/// it still is that.
@Repository
class ImportStore {
    private static final int LIST_LIMIT = 200;
    private static final int LEASE_SECONDS = 30;
    private static final String FINAL = "('READY', 'FAILED')";

    /// A job that was taken; `attempt` counts how often that happened to it.
    record Claimed(long id, ModelName name, String source, String revision, int attempt) {}

    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;

    ImportStore(JdbcClient jdbc, TransactionTemplate transactions) {
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    /// Queues a job, or answers with the unfinished one that wants the same.
    ImportJob submit(ModelName name, ImportSource source) {
        String revision = source instanceof ImportSource.Hub(var _, var stated) ? stated : null;
        return transactions.execute(_ -> {
            jdbc.sql("select pg_advisory_xact_lock(hashtext('dipper import'), hashtext(:name))")
                    .param("name", name.text())
                    .query((_, _) -> true)
                    .single();
            Optional<ImportJob> same = jdbc.sql("select * from import_job where name = :name and source = :source"
                            + " and revision is not distinct from :revision and state not in " + FINAL
                            + " order by id limit 1")
                    .param("name", name.text())
                    .param("source", source.toString())
                    .param("revision", revision)
                    .query(ImportStore::job)
                    .optional();
            return same.orElseGet(() -> jdbc.sql("""
                            insert into import_job (name, source, revision) values (:name, :source, :revision)
                            returning *""")
                    .param("name", name.text())
                    .param("source", source.toString())
                    .param("revision", revision)
                    .query(ImportStore::job)
                    .single());
        });
    }

    Optional<ImportJob> find(long id) {
        return jdbc.sql("select * from import_job where id = :id")
                .param("id", id)
                .query(ImportStore::job)
                .optional();
    }

    /// The latest first.
    List<ImportJob> list() {
        return jdbc.sql("select * from import_job order by id desc limit " + LIST_LIMIT)
                .query(ImportStore::job)
                .list();
    }

    /// Takes the oldest job that nobody works on and that is the first unfinished one of its name.
    Optional<Claimed> claim(ImportOwner owner) {
        return jdbc.sql("""
                        update import_job set owner = :owner, attempts = attempts + 1, updated_at = now(),
                            owned_until = now() + make_interval(secs => %d)
                        where id = (
                            select id from import_job job
                            where state not in %s and (owned_until is null or owned_until < now())
                                and not exists (
                                    select 1 from import_job earlier
                                    where earlier.name = job.name and earlier.id < job.id and earlier.state not in %s)
                            order by id limit 1 for update skip locked)
                        returning *""".formatted(LEASE_SECONDS, FINAL, FINAL))
                .param("owner", owner.text())
                .query((row, _) -> new Claimed(
                        row.getLong("id"),
                        new ModelName(row.getString("name")),
                        row.getString("source"),
                        row.getString("revision"),
                        row.getInt("attempts")))
                .optional();
    }

    /// Keeps the jobs that `owner` works on. Others that bear its name were taken by a statement
    /// whose answer was lost; their leases run out.
    void renew(ImportOwner owner, Collection<Long> jobs) {
        if (!jobs.isEmpty()) {
            jdbc.sql("update import_job set owned_until = now() + make_interval(secs => " + LEASE_SECONDS
                            + ") where owner = :owner and id in (:jobs) and state not in " + FINAL)
                    .param("owner", owner.text())
                    .param("jobs", jobs)
                    .update();
        }
    }

    /// Frees what owners of this host left who are dead.
    void freeFromTheDead() {
        List<String> owners = jdbc.sql(
                        "select distinct owner from import_job where owner is not null and state not in " + FINAL)
                .query(String.class)
                .list();
        owners.stream().map(ImportOwner::new).filter(ImportOwner::isDead).forEach(this::release);
    }

    /// Leaves what `owner` works on to the next.
    void release(ImportOwner owner) {
        jdbc.sql("update import_job set owner = null, owned_until = null where owner = :owner and state not in "
                        + FINAL)
                .param("owner", owner.text())
                .update();
    }

    /// Moves a job on; answers whether it is still this owner's.
    boolean advance(long id, ImportOwner owner, ImportState state, String message, String digest) {
        return jdbc.sql("""
                        update import_job set state = :state, message = :message, updated_at = now(),
                            digest = coalesce(:digest, digest)
                        where id = :id and owner = :owner""")
                        .param("state", state.name())
                        .param("message", message)
                        .param("digest", digest)
                        .param("id", id)
                        .param("owner", owner.text())
                        .update()
                == 1;
    }

    void progress(long id, ImportOwner owner, String message, long done, long total) {
        jdbc.sql("""
                        update import_job set message = :message, bytes_done = :done, bytes_total = :total,
                            updated_at = now()
                        where id = :id and owner = :owner""")
                .param("message", message)
                .param("done", done)
                .param("total", total)
                .param("id", id)
                .param("owner", owner.text())
                .update();
    }

    private static ImportJob job(ResultSet row, int number) throws SQLException {
        return new ImportJob(
                row.getString("id"),
                row.getString("name"),
                row.getString("source"),
                row.getString("revision"),
                ImportState.valueOf(row.getString("state")),
                row.getLong("bytes_done"),
                row.getLong("bytes_total"),
                row.getString("message"),
                row.getString("digest"),
                Rows.instant(row, "created_at"),
                Rows.instant(row, "updated_at"));
    }
}
