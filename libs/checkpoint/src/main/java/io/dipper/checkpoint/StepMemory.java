package io.dipper.checkpoint;

import java.util.List;
import java.util.stream.IntStream;

/// What a step takes of a card's memory beside weights, keys and values, as formulas of its sizes: the
/// exporter knows the graph, who serves it knows how large its steps will be.
///
/// @param handed what nodes hand to one another, at each node where that can be the most
/// @param scratch of each operator for the time of its own work
/// @param librariesBytes of the libraries and for kernels' code, whatever the step
/// @param graphBytes of one captured step
public record StepMemory(List<Bytes> handed, List<Bytes> scratch, long librariesBytes, long graphBytes) {
    /// Of an export that does not say.
    public static final StepMemory UNKNOWN = new StepMemory(List.of(), List.of(), 0, 0);

    /// Numbers of rows that steps are captured for, where all rows continue an answer: close enough that
    /// filling a step up costs little.
    private static final int[] CAPTURED_ROWS = {
        1, 2, 4, 8, 12, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256
    };

    /// Memory is taken in pieces of so many bytes.
    private static final long PIECE = 256;

    /// Bytes as a sum of what each token takes, each row that is drawn from and each sequence.
    ///
    /// @param mostTokens tokens beyond are worked on later, in the same memory
    public record Bytes(long perToken, long perDraw, long perSequence, long fixed, int mostTokens) {
        public Bytes {
            if (perToken < 0 || perDraw < 0 || perSequence < 0 || fixed < 0 || mostTokens < 1) {
                throw new IllegalArgumentException("a buffer of less than nothing");
            }
        }

        public static Bytes perToken(long bytes) {
            return new Bytes(bytes, 0, 0, 0, Integer.MAX_VALUE);
        }

        public static Bytes perDraw(long bytes) {
            return new Bytes(0, bytes, 0, 0, Integer.MAX_VALUE);
        }

        public static Bytes perSequence(long bytes) {
            return new Bytes(0, 0, bytes, 0, Integer.MAX_VALUE);
        }

        public static Bytes fixed(long bytes) {
            return new Bytes(0, 0, 0, bytes, Integer.MAX_VALUE);
        }

        /// Both together.
        public Bytes plus(Bytes other) {
            return new Bytes(
                    perToken + other.perToken,
                    perDraw + other.perDraw,
                    perSequence + other.perSequence,
                    fixed + other.fixed,
                    Math.min(mostTokens, other.mostTokens));
        }

        /// Whether it is never less than the other.
        public boolean covers(Bytes other) {
            return perToken >= other.perToken
                    && perDraw >= other.perDraw
                    && perSequence >= other.perSequence
                    && fixed >= other.fixed
                    && mostTokens >= other.mostTokens;
        }

        /// @throws ArithmeticException for more bytes than 63 bits count
        long of(Sizes sizes) {
            long tokens = Math.multiplyExact(perToken, (long) Math.min(mostTokens, sizes.tokens()));
            long draws = Math.multiplyExact(perDraw, (long) sizes.draws());
            long sequences = Math.multiplyExact(perSequence, (long) sizes.sequences());
            long bytes = Math.addExact(Math.addExact(tokens, draws), Math.addExact(sequences, fixed));
            return Math.multiplyExact(Math.ceilDiv(bytes, PIECE), PIECE);
        }
    }

    /// The largest step: its tokens, the sequences that they belong to, the rows that are drawn from.
    public record Sizes(int tokens, int sequences, int draws) {
        /// As many sequences as there may be, each drawing a token.
        public static Sizes largest(int stepTokens, int sequences) {
            return new Sizes(Math.max(stepTokens, sequences), sequences, sequences);
        }
    }

    public StepMemory {
        handed = List.copyOf(handed);
        scratch = List.copyOf(scratch);
        if (librariesBytes < 0 || graphBytes < 0) {
            throw new IllegalArgumentException("step: less than nothing for libraries or captured steps");
        }
    }

    public boolean known() {
        return !handed.isEmpty();
    }

    /// All of it for the largest step of so many tokens of so many sequences.
    ///
    /// @throws ArithmeticException for more bytes than 63 bits count
    public long bytes(int stepTokens, int sequences) {
        Sizes largest = Sizes.largest(stepTokens, sequences);
        long graphs =
                Math.multiplyExact(graphBytes, (long) capturedRows(sequences).size());
        long besides = Math.addExact(librariesBytes, graphs);
        return Math.addExact(besides, Math.addExact(handedBytes(largest), scratchBytes(largest)));
    }

    /// The numbers of rows that steps are captured for, up to the first that holds `most`.
    public static List<Integer> capturedRows(int most) {
        return IntStream.range(0, CAPTURED_ROWS.length)
                .filter(at -> at == 0 || CAPTURED_ROWS[at - 1] < most)
                .mapToObj(at -> CAPTURED_ROWS[at])
                .toList();
    }

    public long handedBytes(Sizes sizes) {
        return most(handed, sizes);
    }

    public long scratchBytes(Sizes sizes) {
        return most(scratch, sizes);
    }

    private static long most(List<Bytes> formulas, Sizes sizes) {
        return formulas.stream().mapToLong(bytes -> bytes.of(sizes)).max().orElse(0);
    }
}
