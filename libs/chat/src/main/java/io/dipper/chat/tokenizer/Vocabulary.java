package io.dipper.chat.tokenizer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The names of a tokenizer's tokens, and the bytes that they stand for.
final class Vocabulary {
    private static final byte[] NONE = {};
    private static final JsonMapper JSON = new JsonMapper();

    private final List<String> pieces;
    private final BitSet added;
    private final BitSet special;
    private final boolean byteLevel;

    private Vocabulary(List<String> pieces, BitSet added, BitSet special, boolean byteLevel) {
        this.pieces = pieces;
        this.added = added;
        this.special = special;
        this.byteLevel = byteLevel;
    }

    static Vocabulary read(Path file) throws IOException {
        JsonNode root;
        try (var in = Files.newInputStream(file)) {
            root = JSON.readTree(in);
        } catch (JacksonException e) {
            throw new IOException("not JSON: " + file, e);
        }
        var pieces = new ArrayList<String>();
        JsonNode vocabulary = root.path("model").path("vocab");
        if (vocabulary.isObject()) {
            vocabulary
                    .properties()
                    .forEach(entry -> put(pieces, entry.getValue().asInt(-1), entry.getKey()));
        } else {
            // Unigram: a list of [piece, score].
            for (int id = 0; id < vocabulary.size(); id++) {
                put(pieces, id, vocabulary.get(id).path(0).asString(""));
            }
        }
        var added = new BitSet();
        var special = new BitSet();
        for (JsonNode token : root.path("added_tokens")) {
            int id = token.path("id").asInt(-1);
            put(pieces, id, token.path("content").asString(""));
            if (id >= 0) {
                added.set(id);
                special.set(id, token.path("special").asBoolean(false));
            }
        }
        return new Vocabulary(pieces, added, special, mentions(root.path("decoder"), "ByteLevel"));
    }

    int size() {
        return pieces.size();
    }

    String piece(int id) {
        return id >= 0 && id < pieces.size() ? pieces.get(id) : "";
    }

    boolean isSpecial(int id) {
        return id >= 0 && special.get(id);
    }

    byte[] bytes(int id) {
        String piece = piece(id);
        if (piece.isEmpty() || isSpecial(id)) {
            return NONE;
        }
        if (added.get(id)) {
            return piece.getBytes(StandardCharsets.UTF_8);
        }
        return byteLevel ? ByteLevel.bytes(piece) : fallbackBytes(piece);
    }

    /// Spaces are written as U+2581, and bytes that are no known character as `<0xE2>`.
    private static byte[] fallbackBytes(String piece) {
        if (piece.length() == 6 && piece.startsWith("<0x") && piece.endsWith(">")) {
            int high = Character.digit(piece.charAt(3), 16);
            int low = Character.digit(piece.charAt(4), 16);
            if (high >= 0 && low >= 0) {
                return new byte[] {(byte) (high * 16 + low)};
            }
        }
        return piece.replace('\u2581', ' ').getBytes(StandardCharsets.UTF_8);
    }

    private static boolean mentions(JsonNode decoder, String type) {
        if (decoder.path("type").asString("").equals(type)) {
            return true;
        }
        for (JsonNode child : decoder.path("decoders")) {
            if (mentions(child, type)) {
                return true;
            }
        }
        return false;
    }

    private static void put(List<String> pieces, int id, String piece) {
        if (id < 0 || id > 10_000_000) {
            return;
        }
        while (pieces.size() <= id) {
            pieces.add("");
        }
        pieces.set(id, piece);
    }
}
