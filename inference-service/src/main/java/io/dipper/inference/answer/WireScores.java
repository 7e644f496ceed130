package io.dipper.inference.answer;

import io.dipper.chat.tokenizer.Tokenizer;
import io.dipper.openaiapi.wire.ChatLogprobs;
import io.dipper.openaiapi.wire.CompletionReply;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Scores in the two shapes that the wire has for them.
final class WireScores {
    private final Tokenizer tokenizer;

    WireScores(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    ChatLogprobs chat(List<TokenScore> scores) {
        var entries = new ArrayList<ChatLogprobs.Entry>(scores.size());
        for (TokenScore score : scores) {
            entries.add(new ChatLogprobs.Entry(
                    name(score.id(), score.bytes()), score.logprob(), unsigned(score.bytes()), alternatives(score)));
        }
        return new ChatLogprobs(entries);
    }

    /// The four lists of a text completion.
    ///
    /// @param shift characters before the first of the scores' text, such as an echoed prompt's
    CompletionReply.Logprobs completion(List<TokenScore> scores, int shift) {
        var tokens = new ArrayList<String>(scores.size());
        var logprobs = new ArrayList<@Nullable Float>(scores.size());
        var tops = new ArrayList<@Nullable Map<String, Float>>(scores.size());
        var offsets = new ArrayList<Integer>(scores.size());
        for (TokenScore score : scores) {
            boolean first = Float.isNaN(score.logprob());
            tokens.add(name(score.id(), score.bytes()));
            logprobs.add(first ? null : score.logprob());
            tops.add(first ? null : topMap(score));
            offsets.add(shift + score.startCharacter());
        }
        return new CompletionReply.Logprobs(tokens, logprobs, tops, offsets);
    }

    static CompletionReply.Logprobs joined(CompletionReply.Logprobs first, CompletionReply.Logprobs second) {
        return new CompletionReply.Logprobs(
                joined(first.tokens(), second.tokens()),
                joined(first.tokenLogprobs(), second.tokenLogprobs()),
                joined(first.topLogprobs(), second.topLogprobs()),
                joined(first.textOffset(), second.textOffset()));
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        var joined = new ArrayList<>(first);
        joined.addAll(second);
        return joined;
    }

    private List<ChatLogprobs.Alternative> alternatives(TokenScore score) {
        var alternatives = new ArrayList<ChatLogprobs.Alternative>();
        for (int i = 0; i < score.topIds().length && score.topIds()[i] >= 0; i++) {
            byte[] bytes = tokenizer.bytes(score.topIds()[i]);
            alternatives.add(new ChatLogprobs.Alternative(
                    name(score.topIds()[i], bytes), TokenScore.finite(score.topLogprobs()[i]), unsigned(bytes)));
        }
        return alternatives;
    }

    private Map<String, Float> topMap(TokenScore score) {
        var map = new LinkedHashMap<String, Float>();
        for (int i = 0; i < score.topIds().length && score.topIds()[i] >= 0; i++) {
            int id = score.topIds()[i];
            map.putIfAbsent(name(id, tokenizer.bytes(id)), TokenScore.finite(score.topLogprobs()[i]));
        }
        return map;
    }

    /// A token as a text: what it adds to the text; the piece's own name if that is nothing, as
    /// with special tokens; its bytes if they are not whole characters.
    private String name(int id, byte[] bytes) {
        if (bytes.length == 0) {
            return tokenizer.isSpecial(id) ? tokenizer.piece(id) : "";
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            var text = new StringBuilder("bytes:");
            for (byte b : bytes) {
                text.append(String.format("\\x%02x", b));
            }
            return text.toString();
        }
    }

    private static int[] unsigned(byte[] bytes) {
        int[] values = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            values[i] = Byte.toUnsignedInt(bytes[i]);
        }
        return values;
    }
}
