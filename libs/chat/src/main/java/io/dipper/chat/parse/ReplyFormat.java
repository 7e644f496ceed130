package io.dipper.chat.parse;

/// How a model marks its thinking and its calls.
///
/// @param thinks whether it writes `<think>…</think>`
/// @param calls whether it writes `<tool_call>{"name": …, "arguments": …}</tool_call>`
public record ReplyFormat(boolean thinks, boolean calls) {
    static final String THINK = "<think>";
    static final String END_THINK = "</think>";
    static final String CALL = "<tool_call>";
    static final String END_CALL = "</tool_call>";

    public static final ReplyFormat PLAIN = new ReplyFormat(false, false);

    /// Models are trained on what their template writes, so the template tells what they write.
    public static ReplyFormat detect(String templateSource) {
        boolean callsAreJson = templateSource.contains(CALL)
                && !templateSource.contains("<function=")
                && !templateSource.contains("<arg_key>");
        return new ReplyFormat(templateSource.contains(END_THINK), callsAreJson);
    }

    /// Whether a reply to this prompt begins inside the model's thinking.
    boolean startsThinking(String prompt) {
        return thinks && prompt.stripTrailing().endsWith(THINK);
    }
}
