package io.dipper.registry.imports;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.transaction.TransactionException;

/// Which exceptions say that the database is away, and not that the statement is wrong.
final class DatabaseTrouble {
    private DatabaseTrouble() {}

    static boolean passes(RuntimeException failure) {
        return failure instanceof DataAccessResourceFailureException
                || failure instanceof TransientDataAccessException
                || failure instanceof UncategorizedSQLException
                || failure instanceof TransactionException;
    }
}
