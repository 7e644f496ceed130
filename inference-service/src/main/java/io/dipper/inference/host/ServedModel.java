package io.dipper.inference.host;

import io.dipper.chat.ChatModelFiles;
import io.dipper.chat.parse.ReplyFormat;
import io.dipper.chat.template.ChatTemplate;
import io.dipper.chat.tokenizer.Tokenizer;
import io.dipper.engine.Engine;
import io.dipper.inference.metrics.ModelMeters;
import io.dipper.inference.validation.ModelLimits;
import java.util.Map;

/// A model that answers: its engine, and what turns text into ids and back.
///
/// @param created seconds since 1970 at which it was loaded
/// @param fingerprint changes whenever weights or target do
/// @param target what it was exported for
/// @param files what it was loaded from
/// @param requests who needs its tokenizer
public record ServedModel(
        String name,
        long created,
        String fingerprint,
        String target,
        ModelFiles files,
        Engine engine,
        ChatModelFiles chat,
        ModelLimits limits,
        ModelMeters meters,
        ModelMemory.Fixed fixedMemory,
        SharedUse requests)
        implements AutoCloseable {

    public Tokenizer tokenizer() {
        return chat.tokenizer();
    }

    public ChatTemplate template() {
        return chat.template();
    }

    public ReplyFormat replyFormat() {
        return chat.replyFormat();
    }

    public int[] endIds() {
        return chat.endIds();
    }

    /// What the template reads besides the conversation.
    public Map<String, Object> templateVariables() {
        return chat.templateVariables();
    }

    public ModelMemory memory() {
        return fixedMemory.with(engine.stats());
    }

    /// Fails what is in flight and frees everything, the tokenizer when no request needs it any more. To let
    /// requests finish, drain the engine first.
    @Override
    public void close() {
        engine.close();
        meters.close();
        requests.close();
    }
}
