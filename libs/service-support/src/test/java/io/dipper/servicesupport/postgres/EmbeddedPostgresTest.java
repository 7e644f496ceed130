package io.dipper.servicesupport.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.servicesupport.home.DipperHome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class EmbeddedPostgresTest {

    @TempDir
    Path home;

    @Test
    void dataOutliveTheServer() throws SQLException {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(new DipperHome(home))) {
            execute(postgres, "create table kept (n int)");
            execute(postgres, "insert into kept values (42)");
            postgres.restart();
            assertThat(query(postgres, "select n from kept")).isEqualTo("42");
        }
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(new DipperHome(home))) {
            assertThat(query(postgres, "select n from kept")).isEqualTo("42");
        }
    }

    /// As a machine that loses power while the server starts leaves it.
    @ParameterizedTest
    @ValueSource(strings = {"", "-", "99999999999999999999\n"})
    void itStartsBesideAPidFileThatWasNotWrittenToItsEnd(String torn) throws Exception {
        EmbeddedPostgres.start(new DipperHome(home)).close();
        Files.writeString(new DipperHome(home).postgres().resolve("data-18/postmaster.pid"), torn);
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(new DipperHome(home))) {
            assertThat(query(postgres, "select 42")).isEqualTo("42");
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

    @Test
    @Timeout(120)
    void oneThatDiedAndCannotBeStartedComesBackWhenItCan(CapturedOutput output) throws Exception {
        var its = new DipperHome(home);
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(its)) {
            long died = postgres.pid();
            Path away = Files.move(its.logs(), home.resolve("away"));
            ProcessHandle.of(died).orElseThrow().destroyForcibly();
            while (!output.getAll().contains("cannot run PostgreSQL's postgres")) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            Files.move(away, its.logs());
            while (postgres.pid() == died) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertThat(query(postgres, "select 42")).isEqualTo("42");
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
