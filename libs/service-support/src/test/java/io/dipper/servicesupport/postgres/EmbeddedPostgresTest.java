package io.dipper.servicesupport.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.servicesupport.home.DipperHome;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresTest {

    @TempDir
    Path home;

    @Test
    void dataOutliveTheServer() throws SQLException {
        long a = System.nanoTime();
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(new DipperHome(home))) {
            System.err.println("FIRST " + (System.nanoTime() - a) / 1_000_000);
            execute(postgres, "create table kept (n int)");
            execute(postgres, "insert into kept values (42)");
            a = System.nanoTime();
            postgres.restart();
            System.err.println("RESTART " + (System.nanoTime() - a) / 1_000_000);
            assertThat(query(postgres, "select n from kept")).isEqualTo("42");
        }
        a = System.nanoTime();
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(new DipperHome(home))) {
            System.err.println("SECOND " + (System.nanoTime() - a) / 1_000_000);
            assertThat(query(postgres, "select n from kept")).isEqualTo("42");
        }
    }

    @Test
    void itIsDurableAndClosed() throws SQLException {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(new DipperHome(home))) {
            assertThat(query(postgres, "show fsync")).isEqualTo("on");
            assertThat(query(postgres, "show synchronous_commit")).isEqualTo("on");
            assertThat(query(postgres, "show listen_addresses")).isEqualTo("127.0.0.1");
            DatabaseSettings settings = postgres.settings();
            assertThatThrownBy(() -> DriverManager.getConnection(settings.url(), settings.username(), "guess"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
        }
    }

    @Test
    void oneProcessOwnsAHome() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(new DipperHome(home))) {
            assertThat(postgres.pid()).isPositive();
            assertThatIllegalStateException()
                    .isThrownBy(() -> EmbeddedPostgres.start(new DipperHome(home)))
                    .withMessageContaining("in use");
        }
    }

    static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static String query(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }

    static Connection connect(EmbeddedPostgres postgres) throws SQLException {
        DatabaseSettings settings = postgres.settings();
        return DriverManager.getConnection(settings.url(), settings.username(), settings.password());
    }
}
