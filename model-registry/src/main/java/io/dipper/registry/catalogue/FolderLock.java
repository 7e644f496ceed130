package io.dipper.registry.catalogue;

import org.springframework.jdbc.core.simple.JdbcClient;

/// Keeps removing a folder and beginning to refer to it apart, across registries of one database.
/// Held to the end of the transaction in which it is taken; those are short.
final class FolderLock {
    private static final long KEY = 0x6469_7070_6572_0001L;

    private FolderLock() {}

    static void take(JdbcClient jdbc) {
        jdbc.sql("select pg_advisory_xact_lock(:key)")
                .param("key", KEY)
                .query((_, _) -> true)
                .single();
    }
}
