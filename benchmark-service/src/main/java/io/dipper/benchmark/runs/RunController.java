package io.dipper.benchmark.runs;

import io.dipper.benchmark.scenario.ScenarioReader;
import io.dipper.openaiapi.json.Fields;
import io.dipper.servicesupport.http.ApiException;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.node.ObjectNode;

/// Runs over HTTP: ask for one, watch it, read what it measured.
@RestController
@RequestMapping("/api/benchmark/runs")
@Tag(name = "runs")
public class RunController {
    private static final int MAX_QUEUED = 100;
    private static final int MAX_LISTED = 500;
    private static final int RETRY_AFTER_SECONDS = 60;

    private final RunStore store;
    private final RunWorker worker;

    public RunController(RunStore store, RunWorker worker) {
        this.store = store;
        this.worker = worker;
    }

    /// A list as every route answers it.
    public record Page<T>(List<T> data) {}

    /// The answer to asking for a run.
    public record Queued(String id, RunState state) {}

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(summary = "Queues a run: a scenario, or {scenario, baseline}")
    public ResponseEntity<Queued> start(@RequestBody byte[] body) {
        return queue(RunRequest.ofJson(body));
    }

    @PostMapping(consumes = {"application/yaml", "application/x-yaml", "text/yaml"})
    @Operation(summary = "Queues a run: a scenario, or {scenario, baseline}, as YAML")
    public ResponseEntity<Queued> startFromYaml(@RequestBody byte[] body) {
        return queue(RunRequest.ofYaml(body));
    }

    @GetMapping
    @Operation(summary = "Runs, the newest first")
    public Page<Run.Summary> list(
            @RequestParam(required = false) @Nullable String model, @RequestParam(defaultValue = "50") int limit) {
        if (limit < 1 || limit > MAX_LISTED) {
            throw ApiException.badRequest("limit must be between 1 and " + MAX_LISTED + "; given: " + limit, "limit");
        }
        return new Page<>(store.list(model, limit));
    }

    @GetMapping("/{id}")
    @Operation(summary = "One run: its state, progress, results and verdict")
    public Run get(@PathVariable long id) {
        Run run = find(id);
        return worker.progressOf(id).map(run::withProgress).orElse(run);
    }

    @PostMapping("/{id}/cancel")
    @ResponseStatus(HttpStatus.ACCEPTED)
    @Operation(summary = "Stops a run, or takes it out of the queue; what it measured is kept")
    public Queued cancel(@PathVariable long id) {
        if (!store.cancelQueued(id) && !worker.cancel(id) && !find(id).state().isOver()) {
            throw ApiException.conflict("another instance of this service is at this run");
        }
        return new Queued(Long.toString(id), find(id).state());
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "Forgets a run that is over")
    public void delete(@PathVariable long id) {
        if (!store.delete(id)) {
            find(id);
            throw ApiException.conflict("this run is not over: cancel it first");
        }
    }

    private ResponseEntity<Queued> queue(RunRequest request) {
        if (store.countQueued() >= MAX_QUEUED) {
            throw ApiException.tooManyRequests(MAX_QUEUED + " runs wait already", "queue_full", RETRY_AFTER_SECONDS);
        }
        String id = Long.toString(store.queue(request.scenario(), baseline(request)));
        worker.wake();
        return ResponseEntity.accepted()
                .location(URI.create("/api/benchmark/runs/" + id))
                .body(new Queued(id, RunState.QUEUED));
    }

    private @Nullable Baseline baseline(RunRequest request) {
        if (request.baselineFile() != null) {
            return request.fileBaseline();
        }
        if (request.baselineRun() == null) {
            return null;
        }
        String id = request.baselineRun();
        Run run = (id.matches("[0-9]{1,18}") ? store.find(Long.parseLong(id)) : java.util.Optional.<Run>empty())
                .orElseThrow(() -> RunRequest.refused("baseline", "there is no run with this id"));
        if (run.state() != RunState.FINISHED || run.results() == null) {
            throw RunRequest.refused("baseline", "the baseline must be FINISHED; it is " + run.state());
        }
        request.requireSameLoad(ScenarioReader.read(new Fields((ObjectNode) run.scenario())));
        return new Baseline(id, run.results());
    }

    private Run find(long id) {
        return store.find(id).orElseThrow(() -> ApiException.notFound("there is no such run", "run_not_found"));
    }
}
