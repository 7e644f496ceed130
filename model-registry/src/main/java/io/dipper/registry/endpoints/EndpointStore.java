package io.dipper.registry.endpoints;

import io.dipper.registry.web.Rows;
import io.dipper.servicesupport.registry.EndpointLease;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import tools.jackson.databind.json.JsonMapper;

/// Leases, as rows. Only the database's clock decides which of them hold.
@Repository
public class EndpointStore {
    private final JdbcClient jdbc;

    public EndpointStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// A heartbeat: the lease holds for its time to live from now on.
    public void put(EndpointLease lease) {
        jdbc.sql("""
                        insert into endpoint (id, model, target, url, service, state, running, waiting, capacity, max_model_len, created_seconds, memory, ttl, expires_at)
                        values (:id, :model, :target, :url, :service, :state, :running, :waiting, :capacity, :maxModelLen, :createdSeconds,
                            cast(:memory as jsonb), :ttl, now() + make_interval(secs => :ttl))
                        on conflict (id) do update set model = excluded.model, target = excluded.target, url = excluded.url,
                            service = excluded.service, state = excluded.state, running = excluded.running,
                            waiting = excluded.waiting, capacity = excluded.capacity,
                            max_model_len = excluded.max_model_len, created_seconds = excluded.created_seconds, memory = excluded.memory,
                            ttl = excluded.ttl, expires_at = excluded.expires_at""")
                .param("id", lease.id())
                .param("model", lease.model())
                .param("target", lease.target())
                .param("url", lease.url())
                .param("service", lease.service())
                .param("state", lease.state().name())
                .param("running", lease.running())
                .param("waiting", lease.waiting())
                .param("capacity", lease.capacity())
                .param("maxModelLen", lease.maxModelLen())
                .param("createdSeconds", lease.createdSeconds())
                .param("memory", Rows.json(lease.memory()))
                .param("ttl", lease.ttlSeconds())
                .update();
    }

    /// Gives a lease back; one that is not there is no error.
    public void delete(String id) {
        jdbc.sql("delete from endpoint where id = :id").param("id", id).update();
    }

    /// The leases that hold now.
    public List<EndpointLease> live() {
        return jdbc.sql("select * from endpoint where expires_at > now() order by model, id")
                .query(EndpointStore::lease)
                .list();
    }

    /// The same, and those that ran out a moment ago ([EndpointLease.State#AWAY]): within the time in which a
    /// process that ended unasked is started anew and announces what it had.
    public List<EndpointLease> liveAndAway() {
        return jdbc.sql("""
                        select id, model, target, url, service, running, waiting, capacity, max_model_len, created_seconds,
                            memory, ttl, case when expires_at > now() then state else 'AWAY' end as state
                        from endpoint where expires_at > now() - interval '2 minutes' order by model, id""").query(EndpointStore::lease).list();
    }

    /// Those of one model.
    public List<EndpointLease> live(String model) {
        return jdbc.sql("select * from endpoint where model = :model and expires_at > now() order by id")
                .param("model", model)
                .query(EndpointStore::lease)
                .list();
    }

    /// Forgets leases that ran out a while ago.
    public void purge() {
        jdbc.sql("delete from endpoint where expires_at < now() - interval '10 minutes'")
                .update();
    }

    private static EndpointLease lease(ResultSet row, int number) throws SQLException {
        return new EndpointLease(
                row.getString("id"),
                row.getString("model"),
                row.getString("target"),
                row.getString("url"),
                row.getString("service"),
                EndpointLease.State.valueOf(row.getString("state")),
                row.getInt("ttl"),
                row.getInt("running"),
                row.getInt("waiting"),
                row.getInt("capacity"),
                row.getInt("max_model_len"),
                row.getLong("created_seconds"),
                // As it was sent: rows of an earlier version know less.
                JsonMapper.shared()
                        .readValue(row.getString("memory"), EndpointHeartbeat.MemoryUse.class)
                        .known());
    }
}
