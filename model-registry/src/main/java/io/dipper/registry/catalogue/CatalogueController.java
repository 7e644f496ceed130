package io.dipper.registry.catalogue;

import io.dipper.registry.web.Page;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.registry.ModelName;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// Models over HTTP. A name with a slash may be sent as two segments or with `%2F`.
@RestController
@RequestMapping("/api/registry/models")
@Tag(name = "models")
public class CatalogueController {
    private final CatalogueStore store;
    private final CatalogueReader reader;
    private final ModelRemoval removal;

    public CatalogueController(CatalogueStore store, CatalogueReader reader, ModelRemoval removal) {
        this.store = store;
        this.reader = reader;
        this.removal = removal;
    }

    @GetMapping
    @Operation(summary = "Models that meet all given conditions, by name")
    public Page<ModelSummary> list(
            @RequestParam(required = false) String family,
            @RequestParam(required = false) String attention,
            @RequestParam(required = false) Long minContext,
            @RequestParam(required = false) Long maxActive,
            @RequestParam(name = "q", required = false) String text) {
        return new Page<>(store.list(ModelFilter.of(family, attention, minContext, maxActive, text)));
    }

    @GetMapping({"/{name}", "/{organisation}/{name}"})
    @Operation(summary = "All that is known of one model")
    public ModelDetails details(@PathVariable(required = false) String organisation, @PathVariable String name) {
        ModelName model = name(organisation, name);
        return reader.details(model).orElseThrow(() -> unknown(model));
    }

    @GetMapping({"/{name}/export", "/{organisation}/{name}/export"})
    @Operation(summary = "Where the files for a target are")
    public ModelExport export(
            @PathVariable(required = false) String organisation,
            @PathVariable String name,
            @RequestParam(defaultValue = "cpu-f32") String target) {
        ModelName model = name(organisation, name);
        return reader.export(model, target).orElseThrow(() -> {
            if (store.current(model).isEmpty()) {
                return unknown(model);
            }
            return ApiException.notFound(model + " has no export for that target", "export_not_found");
        });
    }

    @DeleteMapping({"/{name}", "/{organisation}/{name}"})
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "Removes a model and the files that no other name uses")
    public void remove(@PathVariable(required = false) String organisation, @PathVariable String name) {
        ModelName model = name(organisation, name);
        if (!removal.remove(model)) {
            throw unknown(model);
        }
    }

    private static ModelName name(String organisation, String name) {
        String text = organisation == null ? name : organisation + "/" + name;
        if (!ModelName.isValid(text)) {
            throw ApiException.badRequest(ModelName.RULE, "name");
        }
        return new ModelName(text);
    }

    private static ApiException unknown(ModelName model) {
        return ApiException.notFound("there is no model " + model, "model_not_found");
    }
}
