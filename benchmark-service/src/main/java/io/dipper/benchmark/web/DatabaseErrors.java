package io.dipper.benchmark.web;

import io.dipper.servicesupport.http.ApiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import reactor.core.publisher.Mono;

/// A database that is away is no fault of the request: 503, and try again.
@RestControllerAdvice
public class DatabaseErrors {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseErrors.class);
    private static final int RETRY_AFTER_SECONDS = 2;

    @ExceptionHandler
    Mono<Void> unavailable(DataAccessException failure) {
        LOG.warn("the database did not answer: {}", failure.getMessage());
        return Mono.error(ApiException.unavailable(
                "the database is not available at the moment", "database_unavailable", RETRY_AFTER_SECONDS));
    }
}
