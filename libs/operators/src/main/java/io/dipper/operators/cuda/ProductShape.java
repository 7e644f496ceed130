package io.dipper.operators.cuda;

/// How a product's weight rows are dealt to warps: into groups, and each group's columns over `split` warps of one
/// block.
///
/// @param groupRows weight rows of a group, from each half of a gated weight
/// @param blocks of the grid
record ProductShape(int groupRows, int split, int blocks) {
    /// What a group costs beside its bytes, in chunks: its sums are put together.
    private static final double GROUP_COST = 0.5;

    /// What is common to the ways that are weighed.
    ///
    /// @param rows weight rows of each weight; of a gated one, those of the gate
    /// @param chunks of columns that a group's rows have
    /// @param warps of a block
    /// @param mostBlocks that the card runs at once
    record Work(int[] rows, int chunks, int warps, int mostBlocks) {
        int groups(int groupRows) {
            int groups = 0;
            for (int of : rows) {
                groups += Math.ceilDiv(of, groupRows);
            }
            return groups;
        }
    }

    /// The split under which the busiest warp has the least to do.
    static ProductShape of(Work work, int groupRows) {
        int groups = work.groups(groupRows);
        int best = 1;
        for (int split = 1; split <= Math.min(work.warps(), work.chunks()); split *= 2) {
            if (cost(work, groups, split) < cost(work, groups, best)) {
                best = split;
            }
        }
        // Every multiprocessor gets a block while there is work: an empty one would take two of the next kernel's.
        return new ProductShape(groupRows, best, Math.min(groups, work.mostBlocks()));
    }

    /// Chunks of the busiest warp.
    double cost(Work work) {
        return cost(work, work.groups(groupRows), split);
    }

    private static double cost(Work work, int groups, int split) {
        int rounds = Math.ceilDiv(groups, work.mostBlocks() * (work.warps() / split));
        return rounds * (Math.ceilDiv(work.chunks(), split) + GROUP_COST);
    }
}
