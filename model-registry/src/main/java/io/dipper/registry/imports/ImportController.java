package io.dipper.registry.imports;

import io.dipper.registry.web.Page;
import io.dipper.servicesupport.http.ApiException;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// Imports over HTTP: asked for here, watched until they are ready or have failed.
@RestController
@RequestMapping("/api/registry/imports")
@Tag(name = "imports")
class ImportController {
    private final ImportStore store;
    private final ImportWorkers workers;

    ImportController(ImportStore store, ImportWorkers workers) {
        this.store = store;
        this.workers = workers;
    }

    @PostMapping
    @ResponseStatus(HttpStatus.ACCEPTED)
    @Operation(summary = "Brings a checkpoint in; the same content under the same name is brought in once")
    public ImportJob submit(@RequestBody ImportRequest request) {
        ImportRequest.Valid valid = request.validated();
        ImportJob job = store.submit(valid.name(), valid.source());
        workers.wake();
        return job;
    }

    @GetMapping
    @Operation(summary = "The latest imports, the newest first")
    public Page<ImportJob> list() {
        return new Page<>(store.list());
    }

    @GetMapping("/{id}")
    @Operation(summary = "How far an import is")
    public ImportJob find(@PathVariable String id) {
        if (!id.matches("\\d{1,18}")) {
            throw unknown();
        }
        return store.find(Long.parseLong(id)).orElseThrow(ImportController::unknown);
    }

    private static ApiException unknown() {
        return ApiException.notFound("there is no such import", "import_not_found");
    }
}
