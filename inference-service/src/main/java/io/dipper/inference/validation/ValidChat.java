package io.dipper.inference.validation;

import java.util.List;
import java.util.Map;

/// A chat request that can be answered: the conversation as the template takes it, and how to
/// continue it.
///
/// @param messages plain maps, lists, texts and numbers, in the template's words
/// @param tools likewise; empty where no call is wanted
/// @param templateOptions what the client set of the template's own options
/// @param calls which calls the answer may hold
public record ValidChat(
        List<Map<String, Object>> messages,
        List<Map<String, Object>> tools,
        Map<String, Object> templateOptions,
        Calls calls,
        Generation generation) {

    public enum Calls {
        NONE,
        ONE,
        MANY
    }
}
