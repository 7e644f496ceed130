package io.dipper.chat.parse;

/// A piece of a model's reply, by what it is for. Pieces of a kind that follow each other belong
/// together.
public sealed interface Part {
    /// Thinking that comes before the answer.
    record Reasoning(String text) implements Part {}

    /// The answer.
    record Content(String text) implements Part {}

    /// A call of a function begins.
    ///
    /// @param index from 0, in the order of the calls
    record CallStart(int index, String name) implements Part {}

    /// More of the JSON text of a call's arguments.
    record CallArguments(int index, String fragment) implements Part {}
}
