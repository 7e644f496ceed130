package io.dipper.engineort.benchmarks;

import java.util.ArrayList;
import java.util.List;

/// What the card did in one step.
///
/// @param activities in the order of their starts
/// @param endNs when the next step began, or this one's last activity ended where nothing follows
record TracedStep(List<CardActivity> activities, long endNs) {
    /// One part of a step with its share of the time.
    ///
    /// @param waitNs in which nothing ran before it; 0 if it began while another ran
    /// @param overlapNs from its start to the end of what ran before
    /// @param addedNs by which it moved the end of all that ran until then: what the step would be shorter
    ///     by if it were gone. All waits and added times together are the step.
    record Part(CardActivity activity, long waitNs, long overlapNs, long addedNs) {}

    /// Steps of a run that replays a graph each time: from a graph's first kernel to the next graph's.
    /// What begins or ends outside of the two times is left out, so that all are whole.
    static List<TracedStep> replayed(List<CardActivity> all, long fromNs, long toNs) {
        List<Integer> begins = new ArrayList<>();
        int launch = 0;
        for (int i = 0; i < all.size(); i++) {
            CardActivity activity = all.get(i);
            if (activity.graph() != 0 && activity.launch() != launch) {
                launch = activity.launch();
                begins.add(i);
            }
        }
        List<TracedStep> steps = new ArrayList<>();
        for (int i = 0; i + 1 < begins.size(); i++) {
            List<CardActivity> part = all.subList(begins.get(i), begins.get(i + 1));
            long endNs = all.get(begins.get(i + 1)).startNs();
            if (part.getFirst().startNs() >= fromNs && endNs <= toNs) {
                steps.add(new TracedStep(List.copyOf(part), endNs));
            }
        }
        return steps;
    }

    /// All between two times as one step.
    static TracedStep between(List<CardActivity> all, long fromNs, long toNs) {
        List<CardActivity> part = all.stream()
                .filter(activity -> activity.startNs() >= fromNs && activity.endNs() <= toNs)
                .toList();
        return new TracedStep(
                part, part.stream().mapToLong(CardActivity::endNs).max().orElse(fromNs));
    }

    long startNs() {
        return activities.getFirst().startNs();
    }

    /// With what follows until the next step.
    long ns() {
        return endNs - startNs();
    }

    /// In which nothing ran, with the wait for the next step.
    long idleNs() {
        return ns() - parts().stream().mapToLong(Part::addedNs).sum();
    }

    long overlapNs() {
        return parts().stream().mapToLong(Part::overlapNs).sum();
    }

    List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        long reachedNs = startNs();
        for (CardActivity activity : activities) {
            long waitNs = Math.max(0, activity.startNs() - reachedNs);
            // A copy's clock may be a little off: it can end after the next step has begun.
            long untilNs = Math.min(activity.endNs(), endNs);
            long overlapNs = Math.max(0, Math.min(reachedNs, untilNs) - activity.startNs());
            long addedNs = Math.max(0, untilNs - Math.max(activity.startNs(), reachedNs));
            parts.add(new Part(activity, waitNs, overlapNs, addedNs));
            reachedNs = Math.max(reachedNs, untilNs);
        }
        return parts;
    }
}
