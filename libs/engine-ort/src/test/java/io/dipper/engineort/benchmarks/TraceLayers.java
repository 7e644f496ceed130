package io.dipper.engineort.benchmarks;

import java.util.List;

/// Where a step's layers are: the longest stretch in which the same calls come again and again.
///
/// @param from the first layer's first call
/// @param length calls of a layer
/// @param count layers
record TraceLayers(int from, int length, int count) {
    private static final int LONGEST = 120;
    private static final int FEWEST = 3;

    static TraceLayers of(List<CardActivity> activities) {
        List<String> calls = activities.stream()
                .map(activity -> activity.name() + " " + activity.shape())
                .toList();
        var best = new TraceLayers(0, 1, 0);
        for (int length = 2; length <= LONGEST; length++) {
            TraceLayers found = repeated(calls, length);
            // A multiple of a layer comes again too, but in no more calls.
            if (found.count >= FEWEST && found.count * found.length > best.count * best.length + best.length) {
                best = found;
            }
        }
        return best;
    }

    private static TraceLayers repeated(List<String> calls, int length) {
        int bestFrom = 0;
        int bestCount = 0;
        int from = 0;
        for (int i = length; i <= calls.size(); i++) {
            if (i == calls.size() || !calls.get(i).equals(calls.get(i - length))) {
                int count = (i - from) / length;
                if (count > bestCount) {
                    bestCount = count;
                    bestFrom = from;
                }
                from = i - length + 1;
            }
        }
        return new TraceLayers(bestFrom, length, bestCount);
    }

    /// After the last layer's last call.
    int to() {
        return from + count * length;
    }
}
