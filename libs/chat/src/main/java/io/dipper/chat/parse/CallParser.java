package io.dipper.chat.parse;

import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Reads one call, `{"name": …, "arguments": {…}}`, character by character, and gives its arguments
/// out as they come. The end marker counts only outside of JSON strings. What is no such object
/// comes out as content.
final class CallParser {
    private static final JsonMapper JSON = new JsonMapper();

    private enum Place {
        BEFORE,
        INSIDE,
        AFTER,
        /// What came is no JSON object.
        BROKEN
    }

    private enum Role {
        KEY,
        NAME,
        ARGUMENTS,
        OTHER
    }

    private final int index;
    private final StringBuilder body = new StringBuilder();
    /// The key or value that is being read, unless it is given out as it comes.
    private final StringBuilder token = new StringBuilder();
    /// Text of the arguments that was not given out yet.
    private final StringBuilder arguments = new StringBuilder();
    private Place place = Place.BEFORE;
    private Role role = Role.KEY;
    private int nested;
    private boolean inString;
    private boolean escaped;
    private boolean streams;
    private String name = "";
    private boolean hasStarted;
    private boolean hasArguments;
    private boolean isClosed;

    CallParser(int index) {
        this.index = index;
    }

    boolean isClosed() {
        return isClosed;
    }

    boolean hasStarted() {
        return hasStarted;
    }

    /// Returns how many characters belong to the call.
    int accept(String text, List<Part> parts) {
        int used = 0;
        while (used < text.length() && !isClosed) {
            char c = text.charAt(used++);
            body.append(c);
            if (c == '>' && !inString && endsWithMarker()) {
                isClosed = true;
                body.setLength(body.length() - ReplyFormat.END_CALL.length());
            } else {
                step(c);
            }
        }
        flush(parts);
        if (isClosed) {
            finish(parts);
        }
        return used;
    }

    /// No more of the call comes.
    void finish(List<Part> parts) {
        flush(parts);
        String text = body.toString().strip();
        if (!hasStarted && !text.isEmpty()) {
            parts.add(new Part.Content(text));
        } else if (hasStarted && !hasArguments && (isClosed || place == Place.AFTER)) {
            parts.add(new Part.CallArguments(index, "{}"));
        }
    }

    private boolean endsWithMarker() {
        int from = body.length() - ReplyFormat.END_CALL.length();
        return from >= 0 && body.indexOf(ReplyFormat.END_CALL, from) == from;
    }

    private void step(char c) {
        switch (place) {
            case BEFORE -> {
                if (c == '{') {
                    place = Place.INSIDE;
                } else if (!Character.isWhitespace(c)) {
                    place = Place.BROKEN;
                }
            }
            case INSIDE -> {
                if (inString) {
                    string(c);
                } else {
                    structure(c);
                }
            }
            case AFTER, BROKEN -> {
                // Only the end marker matters.
            }
        }
    }

    private void string(char c) {
        keep(c);
        if (escaped) {
            escaped = false;
        } else if (c == '\\') {
            escaped = true;
        } else if (c == '"') {
            inString = false;
        }
    }

    private void structure(char c) {
        if (nested == 0 && (c == ':' || c == ',' || c == '}')) {
            endToken(c);
            return;
        }
        if (c == '{' || c == '[') {
            nested++;
        } else if (c == '}' || c == ']') {
            nested--;
        }
        if (nested == 0 && token.isEmpty() && !streams && Character.isWhitespace(c)) {
            return;
        }
        if (role == Role.ARGUMENTS && token.isEmpty() && c != '"') {
            // Arguments that are a string hold JSON text, which can be read only as a whole.
            streams = true;
            hasArguments = true;
        }
        inString = c == '"';
        keep(c);
    }

    private void keep(char c) {
        (streams ? arguments : token).append(c);
    }

    private void endToken(char c) {
        String text = token.toString();
        token.setLength(0);
        if (streams) {
            arguments.setLength(arguments.toString().stripTrailing().length());
        }
        streams = false;
        if (c == ':') {
            role = roleOf(decoded(text));
            return;
        }
        if (role == Role.NAME) {
            name = decoded(text);
        } else if (role == Role.ARGUMENTS && !text.isEmpty()) {
            hasArguments = true;
            arguments.append(decoded(text));
        }
        role = Role.KEY;
        if (c == '}') {
            place = Place.AFTER;
        }
    }

    private static Role roleOf(String key) {
        return switch (key) {
            case "name" -> Role.NAME;
            case "arguments", "parameters" -> Role.ARGUMENTS;
            default -> Role.OTHER;
        };
    }

    private void flush(List<Part> parts) {
        if (!hasStarted && !name.isEmpty()) {
            hasStarted = true;
            parts.add(new Part.CallStart(index, name));
        }
        if (!hasStarted) {
            return;
        }
        // Blanks at the end wait: they may follow the value.
        int end = arguments.length();
        while (end > 0 && Character.isWhitespace(arguments.charAt(end - 1))) {
            end--;
        }
        if (end > 0) {
            parts.add(new Part.CallArguments(index, arguments.substring(0, end)));
            arguments.delete(0, end);
        }
    }

    private static String decoded(String json) {
        try {
            var node = JSON.readTree(json);
            return node.isString() ? node.stringValue() : "";
        } catch (JacksonException e) {
            return "";
        }
    }
}
