package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.StepMemory;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.RunnerShape.KvGroup;
import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.Device;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.operators.cuda.CardExchange;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaFault;
import io.dipper.operators.cuda.CudaStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Steps on a card. Those that only continue answers replay a graph that was captured for as many
/// rows or a few more; the others run node by node.
final class CardSteps implements Steps {
    private static final System.Logger LOG = System.getLogger(CardSteps.class.getName());
    /// Memory between nodes may be taken anew in the first runs, which a captured one must not.
    private static final int RUNS_BEFORE_CAPTURE = 3;

    private static final Plan NOTHING = new Plan(List.of(), List.of(), List.of());

    private final CardSession opened;
    private final CudaCard card;
    private final RunnerShape shape;
    private final KvPools pools;
    private final RunnerOptions options;
    private final GraphSlots slots;
    private final StepInputs inputs;
    private final DrawInputs draws;
    private final RunOptions uncaptured;
    private final @Nullable CardExchange exchange;
    private final CardStep anySize;
    private final CardRoom graphRoom;
    private final CardLedger ledger;
    private final TreeMap<Integer, CardGraph> graphs = new TreeMap<>();
    private final Queue<Flight> flights = new ArrayDeque<>();
    private final boolean planned;
    private final long plannedBytes;
    private long layoutNs;
    private int mostTokens;
    private volatile long workspacePeakBytes;

    private CardSteps(
            CardSession opened,
            CudaCard card,
            Manifest manifest,
            RunnerShape shape,
            KvPools pools,
            RunnerOptions options,
            CardLedger ledger) {
        this.ledger = ledger;
        this.planned = manifest.step().known();
        this.plannedBytes = CardPlan.workspace(manifest, options);
        this.opened = opened;
        this.card = card;
        this.shape = shape;
        this.pools = pools;
        this.options = options;
        this.slots = new GraphSlots(manifest);
        this.inputs = opened.owned().add(new StepInputs(shape), StepInputs::close);
        this.draws = opened.owned().add(new DrawInputs(), DrawInputs::close);
        this.uncaptured = opened.owned().add(opened.runOptions(CardSession.NOT_CAPTURED), RunOptions::close);
        this.exchange = card.reachesHost() ? new CardExchange(card) : null;
        this.graphRoom = newRoom();
        this.anySize = newStep(CardSession.NOT_CAPTURED, newRoom());
    }

    /// @throws IOException if the weights cannot be read
    static CardSteps open(
            Path folder,
            CudaCard card,
            CustomOpDomain operators,
            Manifest manifest,
            RunnerShape shape,
            KvPools pools,
            RunnerOptions options,
            CardLedger ledger)
            throws IOException {
        CardSession opened = CardSession.open(folder, card, operators, manifest, options, ledger);
        try {
            return new CardSteps(opened, card, manifest, shape, pools, options, ledger);
        } catch (RuntimeException | Error e) {
            opened.owned().closeAfter(e);
            throw e;
        }
    }

    private CardRoom newRoom() {
        return opened.owned().add(new CardRoom(card, options.tap(), shape.vocabularySize()), CardRoom::close);
    }

    private CardStep newStep(int graph, CardRoom room) {
        var invocation = opened.session().invocation(slots.inputs(), slots.outputs(options.tap() != null));
        slots.bindPools(invocation, pools, options.tap() != null);
        CudaStream stream = opened.stream();
        StepTransfer transfer = exchange == null || graph == CardSession.NOT_CAPTURED
                ? new CopiedTransfer(stream, room)
                : new JoinedTransfer(exchange, stream, room);
        var step = new CardStep(stream, new CardCall(slots, invocation), room, opened.runOptions(graph), transfer);
        return opened.owned().add(step, CardStep::close);
    }

    /// Runs the largest step, if it is known what that takes, then captures the graphs, the largest first: the memory
    /// that these take serves all others.
    @Override
    public void prepare() {
        card.use();
        if (planned) {
            runLargest();
            note("largest step");
        }
        card.keepScratch();
        if (opened.capturing()) {
            for (int rows : StepMemory.capturedRows(options.sequences()).reversed()) {
                if (!capture(rows)) {
                    break;
                }
            }
        }
        note("captured graphs");
        workspacePeakBytes = ledger.besides();
        if (workspacePeakBytes > plannedBytes) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "beside weights, keys and values %,d bytes of the card were taken, planned were %,d"
                            .formatted(workspacePeakBytes, plannedBytes));
        }
    }

    private void note(String what) {
        ledger.note(what);
        Device device = Device.cuda(card.ordinal());
        ledger.tell("arena, most in use", opened.session().mostBytesInUse(device));
        ledger.tell("arena, reserved", opened.session().reservedBytes(device));
        ledger.tell("scratch", card.scratchBytes());
    }

    /// As many sequences as there may be, all but one of them with one token, and the rest of the tokens
    /// that a step may have for that one.
    private void runLargest() {
        var sizes = StepMemory.Sizes.largest(options.maxChunkTokens(), options.sequences());
        int rows = sizes.sequences();
        Padding largest = padding(rows, sizes.tokens() - rows);
        fill(NOTHING, largest);
        List<StepField> fields = StepField.of(inputs, draws, CardGraph.sizes(largest));
        anySize.layOut(fields, rows);
        anySize.rehearse(fields, uncaptured);
        mostTokens = largest.tokens();
    }

    /// The graphs of one session are captured on the thread that will replay them, one after the other.
    private boolean capture(int rows) {
        Padding padding = padding(rows, 0);
        CardGraph graph = new CardGraph(newStep(rows, graphRoom), padding, CardGraph.sizes(padding));
        try {
            graph.step().layOut(StepField.of(inputs, draws, graph.sizes()), rows);
            fill(NOTHING, padding);
            List<StepField> fields = StepField.of(inputs, draws, graph.sizes());
            for (int run = 0; run < RUNS_BEFORE_CAPTURE; run++) {
                graph.step().rehearse(fields, uncaptured);
            }
            graph.step().start(NOTHING, fields);
            opened.stream().await();
        } catch (RuntimeException e) {
            if (CudaFault.of(e) == CudaFault.CONTEXT_LOST || card.isContextLost()) {
                throw e;
            }
            LOG.log(System.Logger.Level.WARNING, "steps of up to " + rows + " rows are not captured", e);
            return false;
        }
        graphs.put(rows, graph);
        return true;
    }

    private Padding padding(int rows, int moreTokens) {
        List<KvGroup> groups = shape.groups();
        int perSequence = Math.ceilDiv(shape.contextLength(), shape.blockTokens());
        int[] widths = new int[groups.size()];
        int[] spares = new int[groups.size()];
        for (int group = 0; group < widths.length; group++) {
            KvGroup kvGroup = groups.get(group);
            widths[group] = kvGroup.ringBlocks() == KvGroup.KEEPS_ALL
                    ? Math.min(perSequence, kvGroup.blocks())
                    : kvGroup.ringBlocks();
            spares[group] = kvGroup.blocks();
        }
        return new Padding(rows, moreTokens, shape.contextLength(), widths, spares);
    }

    private void fill(Plan plan, Padding padding) {
        inputs.fill(plan, padding);
        draws.fill(plan, padding);
    }

    @Override
    public Tokens run(Plan plan) {
        start(plan);
        return finish(plan);
    }

    @Override
    public boolean queues() {
        return true;
    }

    /// Whether it replays a graph, the only step that is under way: its continuation replays the same.
    @Override
    public boolean mayContinue(Plan started) {
        return options.tap() == null && flights.size() == 1 && flights.element().captured();
    }

    @Override
    public void start(Plan plan) {
        long startNs = System.nanoTime();
        CardGraph graph = graphFor(plan);
        if (graph != null) {
            fill(plan, graph.padding());
            if (!graph.holds(draws)) {
                graph = null;
            }
        }
        CardStep step;
        List<StepField> fields;
        if (graph != null) {
            step = graph.step();
            fields = StepField.of(inputs, draws, graph.sizes());
        } else {
            step = anySize;
            fill(plan, Padding.NONE);
            fields = StepField.of(inputs, draws, sizes(plan));
            step.layOut(fields, plan.draws());
        }
        flights.add(new Flight(step, step.start(plan, fields), graph != null));
        layoutNs += System.nanoTime() - startNs;
    }

    @Override
    public Tokens finish(Plan plan) {
        Flight flight = flights.remove();
        Tokens tokens = flight.step().finish(plan, flight.turn());
        if (plan.tokens() > mostTokens) {
            mostTokens = plan.tokens();
            ledger.note("a step of %,d tokens".formatted(mostTokens));
            workspacePeakBytes = ledger.besides();
        }
        return tokens;
    }

    /// A step that was started.
    private record Flight(CardStep step, int turn, boolean captured) {}

    private @Nullable CardGraph graphFor(Plan plan) {
        int rows = plan.rows().size();
        if (plan.tokens() != rows || plan.draws() != rows) {
            return null;
        }
        Map.Entry<Integer, CardGraph> smallest = graphs.ceilingEntry(rows);
        return smallest == null ? null : smallest.getValue();
    }

    private StepField.Sizes sizes(Plan plan) {
        return new StepField.Sizes(
                plan.tokens(),
                plan.rows().size(),
                plan.draws(),
                inputs.tableWidths(),
                draws.penalties(),
                draws.biases());
    }

    @Override
    public long layoutNs() {
        return layoutNs;
    }

    @Override
    public long workspacePeakBytes() {
        return workspacePeakBytes;
    }

    /// Waits for what is under way: its memory goes.
    @Override
    public void close() {
        try {
            opened.stream().await();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "closing after a failure of the card", e);
        }
        opened.owned().close();
    }
}
