package io.dipper.benchmark.verdict;

import java.util.List;

/// Whether a run was good enough, and why.
///
/// @param checks one for each thing that was asked
public record Verdict(Answer answer, List<Check> checks) {
    public enum Answer {
        PASS,
        FAIL,
        /// The measurement is too uncertain to say: more requests would tell.
        UNDECIDED
    }

    /// One thing that was asked.
    ///
    /// @param asked `threshold` or `baseline`
    /// @param reason for people
    public record Check(String metric, String asked, Answer answer, String reason) {}

    public Verdict {
        checks = List.copyOf(checks);
    }

    /// One failure fails all; else one doubt leaves all in doubt.
    static Verdict of(List<Check> checks) {
        Answer answer = Answer.PASS;
        for (Check check : checks) {
            if (check.answer() == Answer.FAIL) {
                return new Verdict(Answer.FAIL, checks);
            }
            if (check.answer() == Answer.UNDECIDED) {
                answer = Answer.UNDECIDED;
            }
        }
        return new Verdict(answer, checks);
    }
}
