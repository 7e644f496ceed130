package io.dipper.registry.designs;

import io.dipper.registry.catalogue.ModelFilter;
import io.dipper.registry.web.Page;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.transformer.diagram.Comparison;
import io.dipper.transformer.diagram.Diagram;
import io.dipper.transformer.diagram.DiagramMermaid;
import io.dipper.transformer.diagram.DiagramSvg;
import io.dipper.transformer.diagram.DiagramText;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Refusal;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.nio.charset.StandardCharsets;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/// Published designs over HTTP: searched, read, drawn and set beside each other, before any weight
/// is there.
@RestController
@RequestMapping("/api/registry/designs")
@Tag(name = "designs")
public class DesignController {
    private static final MediaType SVG = new MediaType("image", "svg+xml");

    private final DesignStore store;

    public DesignController(DesignStore store) {
        this.store = store;
    }

    @GetMapping
    @Operation(summary = "Designs that meet all given conditions, the latest first")
    public Page<DesignSummary> list(
            @RequestParam(required = false) String family,
            @RequestParam(required = false) String attention,
            @RequestParam(required = false) Long minContext,
            @RequestParam(required = false) Long maxActive,
            @RequestParam(name = "q", required = false) String text) {
        return new Page<>(store.list(ModelFilter.of(family, attention, minContext, maxActive, text)));
    }

    @GetMapping("/{organisation}/{name}")
    @Operation(summary = "All that is known of one design")
    public DesignDetails details(@PathVariable String organisation, @PathVariable String name) {
        return design(organisation + "/" + name);
    }

    @GetMapping("/{organisation}/{name}/diagram")
    @Operation(summary = "A design drawn, or two beside each other with the differences marked")
    public ResponseEntity<String> diagram(
            @PathVariable String organisation,
            @PathVariable String name,
            @RequestParam(defaultValue = "svg") String format,
            @RequestParam(required = false) String against) {
        Diagram left = diagram(design(organisation + "/" + name));
        boolean single = against == null || against.isBlank();
        Comparison both = single ? null : Comparison.of(left, diagram(design(against.strip())));
        return switch (format) {
            case "svg" -> answer(SVG, single ? DiagramSvg.print(left) : DiagramSvg.print(both));
            case "text" -> answer(MediaType.TEXT_PLAIN, single ? DiagramText.print(left) : DiagramText.print(both));
            case "mermaid" -> {
                if (!single) {
                    throw ApiException.badRequest(
                            "format mermaid draws one design; against needs svg or text", "format");
                }
                yield answer(MediaType.TEXT_PLAIN, DiagramMermaid.print(left));
            }
            default -> throw ApiException.badRequest("format is svg, text or mermaid", "format");
        };
    }

    private static ResponseEntity<String> answer(MediaType type, String body) {
        return ResponseEntity.ok()
                .contentType(new MediaType(type, StandardCharsets.UTF_8))
                .body(body);
    }

    private DesignDetails design(String name) {
        return store.find(name)
                .orElseThrow(
                        () -> ApiException.notFound("there is no published design of that name", "design_not_found"));
    }

    private static Diagram diagram(DesignDetails design) {
        return switch (Families.read(JsonMapper.shared().valueToTree(design.config()))) {
            case Reading.Read read -> Diagram.of(read.model(), design.name());
            case Refusal refusal -> throw new IllegalStateException(design.name() + ": " + refusal.message());
        };
    }
}
