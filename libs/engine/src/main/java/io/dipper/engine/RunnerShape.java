package io.dipper.engine;

import java.util.List;

/// What a runner can hold.
///
/// @param contextLength most tokens of a sequence
/// @param blockTokens tokens of a KV block
/// @param maxChunkTokens most tokens of one row in one step
public record RunnerShape(
        int vocabularySize, int contextLength, int blockTokens, int maxChunkTokens, List<KvGroup> groups) {

    /// Layers that keep their keys and values alike.
    ///
    /// @param blocks size of the pool
    /// @param ringBlocks blocks that a sequence holds at most, reused in turn; [#KEEPS_ALL] if
    ///     nothing is forgotten
    public record KvGroup(int blocks, int ringBlocks) {
        public static final int KEEPS_ALL = 0;

        public KvGroup {
            if (blocks < 1 || ringBlocks < 0) {
                throw new IllegalArgumentException("a KV group of " + blocks + " blocks, ring " + ringBlocks);
            }
        }

        /// Blocks that a sequence of so many tokens holds.
        public int blocksFor(int tokens, int blockTokens) {
            int all = Math.ceilDiv(tokens, blockTokens);
            return ringBlocks == KEEPS_ALL ? all : Math.min(all, ringBlocks);
        }
    }

    public RunnerShape {
        groups = List.copyOf(groups);
        if (vocabularySize < 1 || contextLength < 1 || blockTokens < 1 || maxChunkTokens < 1) {
            throw new IllegalArgumentException("a runner's shape must be positive: " + vocabularySize + ", "
                    + contextLength + ", " + blockTokens + ", " + maxChunkTokens);
        }
    }

    /// Most tokens of a sequence that has the whole pool to itself.
    public int longestSequence() {
        int longest = contextLength;
        for (KvGroup group : groups) {
            if (group.ringBlocks() == KvGroup.KEEPS_ALL) {
                longest = (int) Math.min(longest, (long) group.blocks() * blockTokens);
            } else if (group.blocks() < group.ringBlocks()) {
                longest = (int) Math.min(longest, (long) group.blocks() * blockTokens);
            }
        }
        return longest;
    }
}
