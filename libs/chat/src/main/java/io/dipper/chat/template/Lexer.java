package io.dipper.chat.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Cuts a template into tokens, with all rules about blanks and line ends around tags already
/// applied.
final class Lexer {
    private static final List<String> LONG_OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
    private static final String OPERATORS = "+-/*%~[](){}<>=.:|,;";

    private static final Pattern RAW = Pattern.compile("\\s*raw\\s*(-?)%}");
    private static final Pattern END_RAW = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%}");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    private boolean lineStarts = true;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String source) {
        String text = source.replace("\r\n", "\n").replace('\r', '\n');
        if (text.endsWith("\n")) {
            text = text.substring(0, text.length() - 1);
        }
        return new Lexer(text).run();
    }

    private List<Token> run() {
        while (at < source.length()) {
            int tag = nextTag();
            if (tag < 0) {
                data(source.substring(at));
                at = source.length();
                break;
            }
            char kind = source.charAt(tag + 1);
            char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
            boolean signed = sign == '-' || sign == '+';
            data(before(source.substring(at, tag), sign, kind == '{'));
            moveTo(tag + (signed ? 3 : 2));
            switch (kind) {
                case '#' -> comment();
                case '{' -> tag(Token.Kind.PRINT_BEGIN, Token.Kind.PRINT_END, "}}");
                default -> {
                    if (!raw()) {
                        tag(Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, "%}");
                    }
                }
            }
        }
        tokens.add(new Token(Token.Kind.END, "", line));
        return tokens;
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            if ("{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    /// The text before a tag, less the blanks that the tag takes away.
    private String before(String text, char sign, boolean prints) {
        if (sign == '-') {
            return Blanks.stripTrailing(text);
        }
        if (sign == '+' || prints) {
            return text;
        }
        int lineStart = text.lastIndexOf('\n') + 1;
        if ((lineStart > 0 || lineStarts) && Blanks.isBlank(text.substring(lineStart))) {
            return text.substring(0, lineStart);
        }
        return text;
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Token.Kind.DATA, text, line));
        }
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw wrong("a comment does not end");
        }
        char sign = end > at ? source.charAt(end - 1) : ' ';
        moveTo(end + 2);
        afterTag(sign, true);
    }

    /// Reads a raw block, if the tag begins one: text with nothing in it that counts as a tag.
    private boolean raw() {
        Matcher begin = RAW.matcher(source).region(at, source.length());
        if (!begin.lookingAt()) {
            return false;
        }
        Matcher end = END_RAW.matcher(source);
        if (!end.find(begin.end())) {
            throw wrong("a raw block does not end");
        }
        moveTo(begin.end());
        // Unlike other tags, this one takes no line end away.
        afterTag(begin.group(1).isEmpty() ? ' ' : '-', false);
        String text = end.start() > at ? source.substring(at, end.start()) : "";
        data(before(text, end.group(1).isEmpty() ? ' ' : end.group(1).charAt(0), false));
        moveTo(end.end());
        afterTag(end.group(2).isEmpty() ? ' ' : end.group(2).charAt(0), true);
        return true;
    }

    /// Reads up to the tag's end, which does not count inside of brackets.
    private void tag(Token.Kind begin, Token.Kind end, String endText) {
        tokens.add(new Token(begin, "", line));
        var open = new ArrayDeque<Character>();
        while (true) {
            while (at < source.length() && Blanks.is(source.charAt(at))) {
                moveTo(at + 1);
            }
            if (at >= source.length()) {
                throw wrong("a tag does not end");
            }
            char c = source.charAt(at);
            boolean signed = (c == '-' || c == '+') && source.startsWith(endText, at + 1);
            if (open.isEmpty() && (signed || source.startsWith(endText, at))) {
                tokens.add(new Token(end, "", line));
                moveTo(at + (signed ? 3 : 2));
                afterTag(signed ? c : ' ', end == Token.Kind.BLOCK_END);
                return;
            }
            if (c == '"' || c == '\'') {
                string(c);
            } else if (c >= '0' && c <= '9') {
                number();
            } else if (Character.isUnicodeIdentifierStart(c) || c == '_') {
                name();
            } else {
                operator(c, open);
            }
        }
    }

    private void afterTag(char sign, boolean takesLineEnd) {
        int end = at;
        if (sign == '-') {
            while (end < source.length() && Blanks.is(source.charAt(end))) {
                end++;
            }
        } else if (sign != '+' && takesLineEnd && end < source.length() && source.charAt(end) == '\n') {
            end++;
        }
        moveTo(end);
        lineStarts = source.charAt(end - 1) == '\n';
    }

    private void string(char quote) {
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw wrong("a string does not end");
        }
        tokens.add(new Token(Token.Kind.STRING, Escapes.decode(source.substring(at + 1, end)), line));
        moveTo(end + 1);
    }

    private void number() {
        int end = digits(at);
        boolean real = false;
        boolean member = !tokens.isEmpty() && tokens.getLast().isOperator(".");
        if (!member && end + 1 < source.length() && source.charAt(end) == '.' && isDigit(end + 1)) {
            real = true;
            end = digits(end + 1);
        }
        if (!member && end < source.length() && (source.charAt(end) == 'e' || source.charAt(end) == 'E')) {
            int exponent = end + 1;
            if (exponent < source.length() && (source.charAt(exponent) == '-' || source.charAt(exponent) == '+')) {
                exponent++;
            }
            if (isDigit(exponent)) {
                real = true;
                end = digits(exponent);
            }
        }
        String text = source.substring(at, end).replace("_", "");
        tokens.add(new Token(real ? Token.Kind.FLOAT : Token.Kind.INTEGER, text, line));
        moveTo(end);
    }

    private boolean isDigit(int index) {
        return index < source.length() && source.charAt(index) >= '0' && source.charAt(index) <= '9';
    }

    private int digits(int from) {
        int end = from;
        while (isDigit(end) || (end < source.length() && source.charAt(end) == '_' && isDigit(end + 1))) {
            end++;
        }
        return end;
    }

    private void name() {
        int end = at + 1;
        while (end < source.length()
                && (Character.isUnicodeIdentifierPart(source.charAt(end)) || source.charAt(end) == '_')) {
            end++;
        }
        tokens.add(new Token(Token.Kind.NAME, source.substring(at, end), line));
        moveTo(end);
    }

    private void operator(char c, ArrayDeque<Character> open) {
        for (String operator : LONG_OPERATORS) {
            if (source.startsWith(operator, at)) {
                tokens.add(new Token(Token.Kind.OPERATOR, operator, line));
                moveTo(at + 2);
                return;
            }
        }
        if (OPERATORS.indexOf(c) < 0) {
            throw wrong("unexpected character '" + c + "'");
        }
        switch (c) {
            case '(' -> open.push(')');
            case '[' -> open.push(']');
            case '{' -> open.push('}');
            case ')', ']', '}' -> {
                if (open.isEmpty() || open.pop() != c) {
                    throw wrong("unexpected '" + c + "'");
                }
            }
            default -> {
                // Not a bracket.
            }
        }
        tokens.add(new Token(Token.Kind.OPERATOR, String.valueOf(c), line));
        moveTo(at + 1);
    }

    private void moveTo(int index) {
        for (int i = at; i < index; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        at = index;
    }

    private TemplateException wrong(String message) {
        return new TemplateException(TemplateException.Kind.SYNTAX, "line " + line + ": " + message);
    }
}
