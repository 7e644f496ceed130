package io.dipper.transformer.tree;

import java.util.List;
import java.util.stream.Stream;

/// Where a block normalises, for its two branches: the mixer and the feed-forward part.
public sealed interface BlockNorms {

    /// Before each branch: `x + branch(norm(x))`.
    record Pre(Norm mixer, Norm feedForward) implements BlockNorms {}

    /// On each branch's output, before it is added: `x + norm(branch(x))`.
    record Post(Norm mixer, Norm feedForward) implements BlockNorms {}

    /// Both: `x + norm(branch(norm(x)))`.
    record Sandwich(Norm beforeMixer, Norm afterMixer, Norm beforeFeedForward, Norm afterFeedForward)
            implements BlockNorms {}

    static Pre pre(Norm norm) {
        return new Pre(norm, norm);
    }

    static Post post(Norm norm) {
        return new Post(norm, norm);
    }

    static Sandwich sandwich(Norm norm) {
        return new Sandwich(norm, norm, norm, norm);
    }

    /// A norm and its name in the tree's paths.
    record Named(String name, Norm norm) {}

    default List<Named> named() {
        return switch (this) {
            case Pre(Norm mixer, Norm feedForward) ->
                List.of(new Named("before_mixer", mixer), new Named("before_mlp", feedForward));
            case Post(Norm mixer, Norm feedForward) ->
                List.of(new Named("after_mixer", mixer), new Named("after_mlp", feedForward));
            case Sandwich(Norm beforeMixer, Norm afterMixer, Norm beforeFeedForward, Norm afterFeedForward) ->
                List.of(
                        new Named("before_mixer", beforeMixer),
                        new Named("after_mixer", afterMixer),
                        new Named("before_mlp", beforeFeedForward),
                        new Named("after_mlp", afterFeedForward));
        };
    }

    default Stream<Norm> norms() {
        return named().stream().map(Named::norm);
    }
}
