package io.dipper.registry.catalogue;

import io.dipper.checkpoint.StagedFolder;
import io.dipper.registry.endpoints.EndpointStore;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.registry.ModelName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/// Takes a model out: its rows, and the files that no other name uses.
@Service
public class ModelRemoval {
    private static final String DOOMED = ".removed-";

    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;
    private final ModelFolders folders;
    private final EndpointStore endpoints;

    public ModelRemoval(
            JdbcClient jdbc, TransactionTemplate transactions, ModelFolders folders, EndpointStore endpoints) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.folders = folders;
        this.endpoints = endpoints;
    }

    /// Refuses while the model is served or being imported.
    ///
    /// @return whether there was such a model
    public boolean remove(ModelName name) {
        int serving = endpoints.live(name.text()).size();
        if (serving > 0) {
            throw ApiException.conflict(name + " is served by " + serving + (serving == 1 ? " endpoint" : " endpoints")
                    + "; unload it there first");
        }
        List<Path> doomed = new ArrayList<>();
        boolean removed = Boolean.TRUE.equals(transactions.execute(_ -> removeRows(name, doomed)));
        doomed.forEach(ModelRemoval::delete);
        return removed;
    }

    private boolean removeRows(ModelName name, List<Path> doomed) {
        FolderLock.take(jdbc);
        boolean importing =
                jdbc.sql("""
                        select exists (select 1 from import_job
                        where name = :name and state not in ('READY', 'FAILED'))""").param("name", name.text()).query(Boolean.class).single();
        if (importing) {
            throw ApiException.conflict("an import of " + name + " is under way");
        }
        List<String> used =
                jdbc.sql("""
                        select distinct v.folder from model_version v join model m on m.id = v.model_id
                        where m.name = :name""").param("name", name.text()).query(String.class).list();
        if (jdbc.sql("delete from model where name = :name")
                        .param("name", name.text())
                        .update()
                == 0) {
            return false;
        }
        for (String folder : used) {
            boolean shared = jdbc.sql("select exists (select 1 from model_version where folder = :folder)")
                    .param("folder", folder)
                    .query(Boolean.class)
                    .single();
            if (!shared) {
                doomed.add(moveAside(folder));
            }
        }
        return true;
    }

    /// One rename, while nobody can begin to use the folder: what is left by a crash has a name
    /// that says so.
    private Path moveAside(String folder) {
        Path from = folders.of(folder);
        Path to = from.resolveSibling(DOOMED + folder);
        try {
            StagedFolder.deleteTree(to);
            if (Files.exists(from)) {
                Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            }
            return to;
        } catch (IOException e) {
            throw new UncheckedIOException(from + ": cannot be removed", e);
        }
    }

    private static void delete(Path folder) {
        try {
            StagedFolder.deleteTree(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be removed", e);
        }
    }
}
