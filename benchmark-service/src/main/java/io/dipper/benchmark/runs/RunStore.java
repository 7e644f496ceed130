package io.dipper.benchmark.runs;

import io.dipper.benchmark.results.Results;
import io.dipper.benchmark.scenario.Scenario;
import io.dipper.benchmark.scenario.ScenarioReader;
import io.dipper.benchmark.verdict.Verdict;
import io.dipper.openaiapi.json.Fields;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Runs, as rows. A state changes only from the state that is expected: who comes second changes
/// nothing.
@Repository
public class RunStore {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final JdbcClient jdbc;

    public RunStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// A run to carry out now.
    record Claimed(long id, Scenario scenario, @Nullable Baseline baseline) {}

    long queue(Scenario scenario, @Nullable Baseline baseline) {
        return jdbc.sql("""
                        insert into run (name, model, state, scenario, baseline)
                        values (:name, :model, 'QUEUED', cast(:scenario as jsonb), cast(:baseline as jsonb)) returning id""")
                .param("name", scenario.name())
                .param("model", scenario.model())
                .param("scenario", json(ScenarioReader.write(scenario)))
                .param("baseline", json(baseline))
                .query(Long.class)
                .single();
    }

    int countQueued() {
        return jdbc.sql("select count(*) from run where state = 'QUEUED'")
                .query(Integer.class)
                .single();
    }

    /// The oldest queued run, which is running from now on.
    Optional<Claimed> claim() {
        return jdbc.sql("""
                        update run set state = 'RUNNING', started_at = now()
                        where id = (select id from run where state = 'QUEUED' order by id limit 1 for update skip locked)
                        returning id, scenario, baseline""")
                .query((row, _) -> new Claimed(
                        row.getLong("id"),
                        ScenarioReader.read(new Fields((ObjectNode) tree(row, "scenario"))),
                        read(row, "baseline", Baseline.class)))
                .optional();
    }

    /// Also of a run that another instance took for abandoned: what was measured is not lost.
    void finish(long id, RunState state, String message, @Nullable Results results, @Nullable Verdict verdict) {
        jdbc.sql("""
                        update run set state = :state, message = :message, finished_at = now(),
                            results = cast(:results as jsonb), verdict = cast(:verdict as jsonb)
                        where id = :id and state in ('RUNNING', 'ABORTED')""")
                .param("id", id)
                .param("state", state.name())
                .param("message", message)
                .param("results", json(results))
                .param("verdict", json(verdict))
                .update();
    }

    /// Runs that no process is at any more. Only for who holds the right to run.
    int abortOrphans() {
        return jdbc.sql("""
                        update run set state = 'ABORTED', finished_at = now(), message = 'the service ended during this run'
                        where state = 'RUNNING'""").update();
    }

    boolean cancelQueued(long id) {
        return jdbc.sql("update run set state = 'CANCELLED', finished_at = now() where id = :id and state = 'QUEUED'")
                        .param("id", id)
                        .update()
                > 0;
    }

    /// Removes a run that is over.
    boolean delete(long id) {
        return jdbc.sql("delete from run where id = :id and state not in ('QUEUED', 'RUNNING')")
                        .param("id", id)
                        .update()
                > 0;
    }

    Optional<Run> find(long id) {
        return jdbc.sql("select * from run where id = :id")
                .param("id", id)
                .query(RunStore::run)
                .optional();
    }

    /// The newest first.
    List<Run.Summary> list(@Nullable String model, int limit) {
        return jdbc.sql("""
                        select id, name, model, state, created_at, started_at, finished_at, message,
                            cast(scenario ->> 'rate' as float8) as rate, verdict ->> 'answer' as answer,
                            cast(results -> 'ttft' -> 'p50Ms' ->> 'value' as float8) as ttft_p50,
                            cast(results -> 'ttft' -> 'p99Ms' ->> 'value' as float8) as ttft_p99,
                            cast(results -> 'outputTokensPerSecond' ->> 'value' as float8) as output_rate,
                            cast(results -> 'requests' ->> 'failed' as int) as failed
                        from run where cast(:model as text) is null or model = :model order by id desc limit :limit""")
                .param("model", model)
                .param("limit", limit)
                .query(RunStore::summary)
                .list();
    }

    private static Run run(ResultSet row, int number) throws SQLException {
        Baseline baseline = read(row, "baseline", Baseline.class);
        return new Run(
                row.getString("id"),
                row.getString("name"),
                row.getString("model"),
                RunState.valueOf(row.getString("state")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                instant(row, "started_at"),
                instant(row, "finished_at"),
                row.getString("message"),
                tree(row, "scenario"),
                baseline == null ? null : baseline.run(),
                null,
                read(row, "results", Results.class),
                read(row, "verdict", Verdict.class));
    }

    private static Run.Summary summary(ResultSet row, int number) throws SQLException {
        String answer = row.getString("answer");
        return new Run.Summary(
                row.getString("id"),
                row.getString("name"),
                row.getString("model"),
                RunState.valueOf(row.getString("state")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                instant(row, "started_at"),
                instant(row, "finished_at"),
                row.getString("message"),
                row.getDouble("rate"),
                answer == null ? null : Verdict.Answer.valueOf(answer),
                row.getObject("ttft_p50", Double.class),
                row.getObject("ttft_p99", Double.class),
                row.getObject("output_rate", Double.class),
                row.getObject("failed", Integer.class));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private static JsonNode tree(ResultSet row, String column) throws SQLException {
        return JSON.readTree(row.getString(column));
    }

    private static <T> @Nullable T read(ResultSet row, String column, Class<T> type) throws SQLException {
        String json = row.getString(column);
        return json == null ? null : JSON.readValue(json, type);
    }

    private static @Nullable String json(@Nullable Object value) {
        return value == null ? null : JSON.writeValueAsString(value);
    }
}
