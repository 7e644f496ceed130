package io.dipper.servicesupport.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.dipper.servicesupport.home.DipperHome;
import java.time.Duration;
import java.util.Optional;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/// One small connection pool per service, on a database that may be restarted under it.
@Configuration(proxyBeanMethods = false)
public class DatabaseConfiguration {

    private static final int POOL_SIZE = 6;

    @Bean
    DatabaseConnection databaseConnection(Environment environment, DipperHome home) {
        Optional<DatabaseSettings> external = DatabaseSettings.from(environment);
        if (external.isPresent()) {
            return new DatabaseConnection(external.get(), null);
        }
        EmbeddedPostgres postgres = EmbeddedPostgres.start(home);
        return new DatabaseConnection(postgres.settings(), postgres);
    }

    /// A connection that died with the server is noticed when it is borrowed, and replaced; a
    /// borrower waits for a server that is away only shortly, and then gets an error that its
    /// client can act on.
    @Bean
    HikariDataSource dataSource(DatabaseConnection connection, @Value("${dipper.service}") String service) {
        var config = new HikariConfig();
        config.setPoolName(service);
        config.setJdbcUrl(connection.settings().url());
        config.setUsername(connection.settings().username());
        config.setPassword(connection.settings().password());
        config.setSchema(service);
        config.setMaximumPoolSize(POOL_SIZE);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(Duration.ofSeconds(3).toMillis());
        config.setValidationTimeout(Duration.ofSeconds(1).toMillis());
        config.setInitializationFailTimeout(Duration.ofSeconds(30).toMillis());
        config.setKeepaliveTime(Duration.ofSeconds(30).toMillis());
        config.setIdleTimeout(Duration.ofMinutes(5).toMillis());
        config.setMaxLifetime(Duration.ofMinutes(10).toMillis());
        config.addDataSourceProperty("ApplicationName", "dipper-" + service);
        config.addDataSourceProperty("connectTimeout", "3");
        config.addDataSourceProperty("socketTimeout", "30");
        config.addDataSourceProperty("tcpKeepAlive", "true");
        return new HikariDataSource(config);
    }

    /// The settings in use, and the server behind them where this context runs it.
    record DatabaseConnection(DatabaseSettings settings, EmbeddedPostgres owned) implements AutoCloseable {

        @Override
        public void close() {
            if (owned != null) {
                owned.close();
            }
        }
    }
}
