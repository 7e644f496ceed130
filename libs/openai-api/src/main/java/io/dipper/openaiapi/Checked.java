package io.dipper.openaiapi;

import java.util.function.Function;
import java.util.function.Supplier;

/// What became of a client's input: a value that can be worked with, or the refusal to answer with.
public sealed interface Checked<T> {
    record Accepted<T>(T value) implements Checked<T> {}

    record Refused<T>(ApiError error) implements Checked<T> {}

    /// Runs a reader that refuses by [RefusedException] and makes its outcome a value.
    static <T> Checked<T> of(Supplier<T> reader) {
        try {
            return new Accepted<>(reader.get());
        } catch (RefusedException refused) {
            return new Refused<>(refused.error());
        }
    }

    /// Goes on with the value, if there is one.
    default <R> Checked<R> then(Function<? super T, Checked<R>> next) {
        return switch (this) {
            case Accepted<T>(T value) -> next.apply(value);
            case Refused<T>(ApiError error) -> new Refused<>(error);
        };
    }

    /// The value itself.
    ///
    /// @throws RefusedException if it was refused
    default T orThrow() {
        return switch (this) {
            case Accepted<T>(T value) -> value;
            case Refused<T>(ApiError error) -> throw new RefusedException(error);
        };
    }
}
