package io.dipper.inference.validation;

import io.dipper.openaiapi.wire.CompletionRequest.Prompt;
import java.util.List;

/// A text completion that can be answered.
///
/// @param prompts at least one; ids are inside the vocabulary
/// @param echo whether answers begin with their prompt
public record ValidCompletion(List<Prompt> prompts, boolean echo, Generation generation) {
    public ValidCompletion {
        prompts = List.copyOf(prompts);
    }
}
