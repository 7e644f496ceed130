package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.RunnerShape.KvGroup;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The paged pools of keys and values, one tensor a layer, as large as the options allow.
final class KvPools implements AutoCloseable {
    /// Of a pool, whose spare ones come to them: what tables of blocks can name.
    private static final long MOST_BLOCKS = 1L << 30;

    private final List<KvGroup> groups;
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<String> inputs = new ArrayList<>();
    private final long[] blockBytes;
    private final long reservedBytes;

    KvPools(Manifest manifest, RunnerOptions options, Placement placement) {
        groups = groups(manifest, options, placement);
        blockBytes = new long[groups.size()];
        try {
            placement.reservePools(
                    bytes(manifest, options, placement), manifest.kvLayers().size());
            reservedBytes = reserve(manifest, placement);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private long reserve(Manifest manifest, Placement placement) {
        long reserved = 0;
        for (Manifest.KvLayer layer : manifest.kvLayers()) {
            long values = blockValues(manifest, layer);
            long blocks = groups.get(layer.group()).blocks();
            DataType type = type(manifest, layer, placement);
            tensors.add(placement.pool(type, poolShape(manifest, layer, blocks + placement.spareBlocks())));
            inputs.add(layer.input());
            blockBytes[layer.group()] += values * type.byteSize();
            reserved += (blocks + placement.spareBlocks()) * values * type.byteSize();
        }
        return reserved;
    }

    List<KvGroup> groups() {
        return groups;
    }

    List<String> inputs() {
        return inputs;
    }

    List<Tensor> tensors() {
        return tensors;
    }

    long reservedBytes() {
        return reservedBytes;
    }

    /// Bytes of one block of a group over all its layers.
    long blockBytes(int group) {
        return blockBytes[group];
    }

    /// Blocks of a ring that holds a window and all tokens that one step adds: the first token of a
    /// chunk still sees its whole window when the last one is written.
    static int ringBlocks(int windowTokens, int stepTokens, int blockTokens) {
        return Math.ceilDiv(windowTokens + stepTokens - 1, blockTokens) + 1;
    }

    /// What the pools of these options take.
    static long bytes(Manifest manifest, RunnerOptions options, Placement placement) {
        List<KvGroup> groups = groups(manifest, options, placement);
        long bytes = 0;
        for (Manifest.KvLayer layer : manifest.kvLayers()) {
            long blocks = (long) groups.get(layer.group()).blocks() + placement.spareBlocks();
            bytes += blocks
                    * blockValues(manifest, layer)
                    * type(manifest, layer, placement).byteSize();
        }
        return bytes;
    }

    /// What pools of these options hold, in words: tokens, or where only windows or states are kept,
    /// sequences; empty if it is not even a block.
    static Optional<String> capacity(Manifest manifest, RunnerOptions options, Placement placement) {
        List<KvGroup> groups;
        try {
            groups = groups(manifest, options, placement);
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
        long sequences = options.sequences();
        for (KvGroup group : groups) {
            if (group.ringBlocks() == KvGroup.KEEPS_ALL) {
                return Optional.of(
                        String.format(Locale.ROOT, "%,d tokens", (long) group.blocks() * manifest.blockTokens()));
            }
            sequences = Math.min(sequences, group.blocks() / group.ringBlocks());
        }
        return sequences == 0 ? Optional.empty() : Optional.of(String.format(Locale.ROOT, "%,d sequences", sequences));
    }

    static int contextLength(Manifest manifest, RunnerOptions options) {
        return Math.min(manifest.contextLength(), options.contextTokens());
    }

    private static long blockValues(Manifest manifest, Manifest.KvLayer layer) {
        return manifest.kvGroups().get(layer.group()).keepsState()
                ? layer.valuesPerToken()
                : (long) manifest.blockTokens() * layer.valuesPerToken();
    }

    /// A graph that returns its pools sees the tokens of a block apart.
    private static long[] poolShape(Manifest manifest, Manifest.KvLayer layer, long blocks) {
        boolean byToken = manifest.written(layer).isPresent()
                && !manifest.kvGroups().get(layer.group()).keepsState();
        return byToken
                ? new long[] {blocks, manifest.blockTokens(), layer.valuesPerToken()}
                : new long[] {blocks, blockValues(manifest, layer)};
    }

    private static DataType type(Manifest manifest, Manifest.KvLayer layer, Placement placement) {
        return manifest.kvGroups().get(layer.group()).keepsState() ? DataType.F32 : placement.cacheType();
    }

    private static long bytes(Manifest manifest, Placement placement, boolean ofStates) {
        return manifest.kvLayers().stream()
                .filter(layer -> manifest.kvGroups().get(layer.group()).keepsState() == ofStates)
                .mapToLong(layer -> blockValues(manifest, layer)
                        * type(manifest, layer, placement).byteSize())
                .sum();
    }

    /// States are set aside first, for as many sequences as half of the memory holds.
    private static List<KvGroup> groups(Manifest manifest, RunnerOptions options, Placement placement) {
        long stateBytes = bytes(manifest, placement, true);
        long blockBytes = bytes(manifest, placement, false);
        int states = stateBytes == 0 ? 0 : Math.clamp(options.kvBytes() / 2 / stateBytes, 1, options.sequences());
        long affordable = (options.kvBytes() - states * stateBytes) / Math.max(1, blockBytes);
        long perSequence = Math.ceilDiv(contextLength(manifest, options), manifest.blockTokens());
        if (affordable < 1) {
            throw new IllegalArgumentException("keys and values of " + manifest.blockTokens() + " tokens take "
                    + blockBytes + " bytes" + (stateBytes == 0 ? "" : ", a sequence's state " + stateBytes)
                    + ", the limit is " + options.kvBytes());
        }
        int blocks = (int) Math.min(Math.min(affordable, perSequence * options.sequences()), MOST_BLOCKS);
        List<KvGroup> groups = new ArrayList<>();
        for (Manifest.KvGroup group : manifest.kvGroups()) {
            if (group.keepsState()) {
                groups.add(new KvGroup(states, 1));
            } else if (group.windowTokens() == 0) {
                groups.add(new KvGroup(blocks, KvGroup.KEEPS_ALL));
            } else {
                int ring = ringBlocks(group.windowTokens(), options.maxChunkTokens(), manifest.blockTokens());
                long most = Math.min(ring, perSequence) * options.sequences();
                groups.add(new KvGroup((int) Math.min(blocks, most), ring));
            }
        }
        return groups;
    }

    @Override
    public void close() {
        tensors.forEach(Tensor::close);
    }
}
