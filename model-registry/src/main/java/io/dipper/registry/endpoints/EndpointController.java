package io.dipper.registry.endpoints;

import io.dipper.registry.catalogue.ExportMemories;
import io.dipper.registry.web.Page;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.http.PlainText;
import io.dipper.servicesupport.registry.EndpointLease;
import io.dipper.servicesupport.registry.ModelName;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.regex.Pattern;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// Leases over HTTP: instances announce what they serve, the gateway asks who serves what.
@RestController
@RequestMapping("/api/registry/endpoints")
@Tag(name = "endpoints")
public class EndpointController {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._:@-]{1,200}");
    private static final Pattern URL = Pattern.compile("https?://[A-Za-z0-9.\\[\\]:_-]{1,255}/?");
    private static final int MAX_PORT = 65_535;
    private static final int MAX_TEXT = 100;
    private static final int MAX_TTL_SECONDS = 300;

    private final EndpointStore store;
    private final ExportMemories memories;

    public EndpointController(EndpointStore store, ExportMemories memories) {
        this.store = store;
        this.memories = memories;
    }

    @GetMapping
    @Operation(summary = "The leases that hold now; with `away` also those that ran out in the last two minutes")
    public Page<EndpointLease> live(
            @RequestParam(required = false) String model, @RequestParam(defaultValue = "false") boolean away) {
        List<EndpointLease> leases = away ? store.liveAndAway() : store.live();
        return new Page<>(leases.stream()
                .filter(lease -> model == null || lease.model().equals(model))
                .toList());
    }

    @PutMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "A heartbeat: takes or renews a lease")
    public void put(@PathVariable String id, @RequestBody EndpointHeartbeat heartbeat) {
        requireId(id);
        require(heartbeat.id() == null || heartbeat.id().equals(id), "id", "id must be the path's, or left out");
        EndpointLease lease = heartbeat.lease(id);
        require(lease.model() != null && ModelName.isValid(lease.model()), "model", ModelName.RULE);
        require(lease.url() != null && canBeAsked(lease.url()), "url", "url must be http(s)://HOST:PORT");
        requireText("service", lease.service());
        if (lease.target() != null) {
            requireText("target", lease.target());
        }
        require(
                lease.state() != null && lease.state() != EndpointLease.State.AWAY,
                "state",
                "state must be LOADING, READY or DRAINING");
        require(
                lease.ttlSeconds() >= 1 && lease.ttlSeconds() <= MAX_TTL_SECONDS,
                "ttlSeconds",
                "ttlSeconds must be 1 to " + MAX_TTL_SECONDS + ", it is " + lease.ttlSeconds());
        requireCount("running", lease.running());
        requireCount("waiting", lease.waiting());
        requireCount("capacity", lease.capacity());
        requireCounts(lease.memory());
        store.purge();
        store.put(lease);
        memories.keep(lease);
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "Gives a lease back")
    public void delete(@PathVariable String id) {
        requireId(id);
        store.delete(id);
    }

    private static void requireId(String id) {
        require(ID.matcher(id).matches(), "id", "id must be 1 to 200 letters, digits and . _ : @ -");
    }

    /// A host that no client can ask, such as one with an underscore, is none.
    private static boolean canBeAsked(String url) {
        if (!URL.matcher(url).matches()) {
            return false;
        }
        try {
            URI uri = new URI(url);
            boolean portLeftOut = uri.getPort() == -1 && !uri.getRawAuthority().endsWith(":");
            return uri.getHost() != null && (portLeftOut || (uri.getPort() >= 1 && uri.getPort() <= MAX_PORT));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static void requireText(String field, String text) {
        require(
                PlainText.isPlain(text) && text.length() <= MAX_TEXT,
                field,
                field + " must have at most " + MAX_TEXT + " characters, none of them a control character");
    }

    private static void requireCounts(EndpointLease.Memory memory) {
        requireCount("memory.weightsBytes", memory.weightsBytes());
        requireCount("memory.kvReservedBytes", memory.kvReservedBytes());
        requireCount("memory.kvPeakBytes", memory.kvPeakBytes());
        requireCount("memory.plannedKvBytes", memory.plannedKvBytes());
        requireCount("memory.plannedTotalBytes", memory.plannedTotalBytes());
        requireCount("memory.heldPeakBytes", memory.heldPeakBytes());
        requireCount("memory.rssBytes", memory.rssBytes());
    }

    private static void requireCount(String field, long count) {
        require(count >= 0, field, field + " must not be negative, it is " + count);
    }

    private static void require(boolean holds, String field, String problem) {
        if (!holds) {
            throw ApiException.badRequest(problem, field);
        }
    }
}
