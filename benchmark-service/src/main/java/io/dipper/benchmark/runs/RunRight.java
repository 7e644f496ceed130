package io.dipper.benchmark.runs;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import javax.sql.DataSource;

/// The right to put load on the platform: one run at a time, over all instances of this service. It
/// is a lock of the database's, so that it ends with the process that holds it, and with the database:
/// after a restart of that, whoever gets it may take a run for abandoned that its own process will finish.
final class RunRight implements AutoCloseable {
    /// Any number, as long as nobody else uses it in this database.
    private static final long LOCK = 0x6469707065720001L;

    private final Connection connection;

    private RunRight(Connection connection) {
        this.connection = connection;
    }

    /// Empty while another instance runs something.
    static Optional<RunRight> tryTake(DataSource database) throws SQLException {
        Connection connection = database.getConnection();
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery("select pg_try_advisory_lock(" + LOCK + ")")) {
            row.next();
            if (row.getBoolean(1)) {
                return Optional.of(new RunRight(connection));
            }
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        connection.close();
        return Optional.empty();
    }

    /// A connection that died has given its lock back already.
    @Override
    public void close() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("select pg_advisory_unlock(" + LOCK + ")");
        } finally {
            connection.close();
        }
    }
}
