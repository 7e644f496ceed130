package io.dipper.registry.web;

import io.dipper.servicesupport.http.ApiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import reactor.core.publisher.Mono;

/// A database that is away (restarted, moved, overloaded) is no fault of the request: 503, and try
/// again.
@RestControllerAdvice
public class DatabaseErrors {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseErrors.class);
    private static final int RETRY_AFTER_SECONDS = 2;

    @ExceptionHandler({
        DataAccessResourceFailureException.class,
        TransientDataAccessException.class,
        QueryTimeoutException.class,
        UncategorizedSQLException.class,
        CannotCreateTransactionException.class,
        TransactionSystemException.class
    })
    Mono<Void> unavailable(Exception failure) {
        LOG.warn("the database did not answer: {}", failure.getMessage());
        return Mono.error(ApiException.unavailable(
                "the registry's database is not available at the moment", "database_unavailable", RETRY_AFTER_SECONDS));
    }
}
