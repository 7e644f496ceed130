package io.dipper.gateway.keys;

import io.dipper.servicesupport.home.SecretFile;
import io.dipper.servicesupport.http.Caller;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/// Keys as rows; only their hashes are stored. Everything here blocks.
public class KeyStore {

    private static final int PREFIX = 10;

    private final JdbcClient jdbc;
    private final KeyHash hash;

    public KeyStore(JdbcClient jdbc, KeyHash hash) {
        this.jdbc = jdbc;
        this.hash = hash;
    }

    static String newKey() {
        return "dk-" + SecretFile.random();
    }

    /// Stores `key` unless it is stored already.
    ///
    /// @return the new key's id
    public String add(String name, String role, String key) {
        String id = "key_" + UUID.randomUUID().toString().replace("-", "");
        jdbc.sql("""
                        insert into api_key (id, name, role, prefix, hash) values (:id, :name, :role, :prefix, :hash)
                        on conflict (hash) do nothing""")
                .param("id", id)
                .param("name", name)
                .param("role", role)
                .param("prefix", key.substring(0, Math.min(PREFIX, key.length() / 2)))
                .param("hash", hash.of(key))
                .update();
        return id;
    }

    public boolean isEmpty() {
        return jdbc.sql("select count(*) from api_key").query(Long.class).single() == 0;
    }

    public List<KeyInfo> all() {
        return jdbc.sql("select * from api_key order by created_at, id")
                .query(KeyStore::info)
                .list();
    }

    /// Makes a key useless. False when there is no such key, or it was revoked before.
    public boolean revoke(String id) {
        return jdbc.sql("update api_key set revoked_at = now() where id = :id and revoked_at is null")
                        .param("id", id)
                        .update()
                > 0;
    }

    public boolean exists(String id) {
        return jdbc.sql("select count(*) from api_key where id = :id")
                        .param("id", id)
                        .query(Long.class)
                        .single()
                > 0;
    }

    /// Whom a valid key belongs to.
    public Optional<Caller> find(String key) {
        return jdbc.sql("select id, role from api_key where hash = :hash and revoked_at is null")
                .param("hash", hash.of(key))
                .query((row, _) -> new Caller(
                        row.getString("id"),
                        Caller.Role.valueOf(row.getString("role").toUpperCase(Locale.ROOT))))
                .optional();
    }

    private static KeyInfo info(ResultSet row, int number) throws SQLException {
        Timestamp revoked = row.getTimestamp("revoked_at");
        return new KeyInfo(
                row.getString("id"),
                row.getString("name"),
                row.getString("role"),
                row.getString("prefix"),
                row.getTimestamp("created_at").toInstant(),
                revoked == null ? null : revoked.toInstant());
    }
}
