package io.dipper.servicesupport.postgres;

import io.dipper.servicesupport.http.ApiException;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import reactor.core.publisher.Mono;

/// A database that is away (restarted, moved, overloaded) is no fault of the request: 503, and try
/// again. A value that it cannot hold is the request's: 400. A statement that is wrong is one of ours,
/// and stays an error.
@RestControllerAdvice
public class DatabaseErrors {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseErrors.class);
    /// SQLState's class of data that no column can hold, such as U+0000 in a text.
    private static final String DATA_EXCEPTION = "22";

    private static final int RETRY_AFTER_SECONDS = 2;

    /// Whether a failure says that the database is away, and not that the statement is wrong.
    public static boolean isAway(Throwable failure) {
        return failure instanceof DataAccessResourceFailureException
                || failure instanceof TransientDataAccessException
                || failure instanceof UncategorizedSQLException
                || failure instanceof TransactionException;
    }

    /// The answer to a request that needed the database: 503 with `Retry-After`.
    public static ApiException unavailable(Throwable failure) {
        LOG.warn("the database did not answer: {}", failure.toString());
        return ApiException.unavailable(
                "the database is not available at the moment", "database_unavailable", RETRY_AFTER_SECONDS);
    }

    @ExceptionHandler(DataIntegrityViolationException.class)
    Mono<Void> refuse(DataIntegrityViolationException failure) {
        if (failure.getRootCause() instanceof SQLException cause
                && cause.getSQLState() != null
                && cause.getSQLState().startsWith(DATA_EXCEPTION)) {
            LOG.warn("a request's value was not taken: {}", cause.toString());
            return Mono.error(ApiException.badRequest("the request holds a value that cannot be stored", null));
        }
        return Mono.error(failure);
    }

    @ExceptionHandler({
        DataAccessResourceFailureException.class,
        TransientDataAccessException.class,
        UncategorizedSQLException.class,
        TransactionException.class
    })
    Mono<Void> answer(Exception failure) {
        return Mono.error(unavailable(failure));
    }
}
