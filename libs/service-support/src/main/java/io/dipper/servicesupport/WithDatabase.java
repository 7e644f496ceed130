package io.dipper.servicesupport;

import io.dipper.servicesupport.postgres.DatabaseConfiguration;
import io.dipper.servicesupport.postgres.DatabaseErrors;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Import;

/// Adds PostgreSQL to a [WebService]: a `DataSource` whose schema is the service's own, migrated
/// from `db/<service>` at start, a `JdbcClient` and a `TransactionTemplate`. All of it blocks, so
/// it belongs on virtual threads. While the database is away, requests that need it are answered 503.
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Import({DatabaseConfiguration.class, DatabaseErrors.class})
@ImportAutoConfiguration({
    JdbcTemplateAutoConfiguration.class,
    JdbcClientAutoConfiguration.class,
    DataSourceTransactionManagerAutoConfiguration.class,
    TransactionAutoConfiguration.class,
    FlywayAutoConfiguration.class
})
public @interface WithDatabase {}
