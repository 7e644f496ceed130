package io.dipper.chat.parse;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// However a reply is cut into pieces, what comes out is the same.
class ReplyLawsTest {
    private static final ReplyFormat ALL = new ReplyFormat(true, true);
    private static final int CUTS = 60;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Just an answer.",
                "<think>\nHm 🤔.\n</think>\n\nThe answer is ä.",
                "<think>never closed",
                "An answer with a < and </thin and <tool_cal in it",
                "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"}\\\"{\", \"b\": [1, {\"c\": null}]}}\n</tool_call>",
                "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": {\"x\": 1}}\n</tool_call>",
                "Before.\n<tool_call>\n{\"arguments\": {\"late\": true}, \"name\": \"f\"}\n</tool_call>",
                "<tool_call>\nnot json at all\n</tool_call> after",
                "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"cut\": \"of",
                "<think>a</think><tool_call>{\"name\": \"f\", \"arguments\": {\"u\": \"\\ud83e\\udd8a\"}}</tool_call>",
                "</think> closes what never began",
                "   \n blanks around   \n"
            })
    void theWholeAndItsPiecesAreTheSameParts(String reply) {
        List<Part> whole = parts(List.of(reply));
        var random = new SplittableRandom(reply.hashCode());
        assertThat(joined(parts(reply.chars().mapToObj(Character::toString).toList())))
                .isEqualTo(joined(whole));
        for (int i = 0; i < CUTS; i++) {
            assertThat(joined(parts(cut(reply, random)))).isEqualTo(joined(whole));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"STOP", "ST|STOP", "aba|ab", "🦊|ä", "\n\n|END"})
    void aStopTextIsFoundWhereverItIsCutAndNeverComesOut(String listed) {
        List<String> stops = List.of(listed.split("\\|"));
        var random = new SplittableRandom(listed.hashCode());
        for (int i = 0; i < CUTS; i++) {
            String text = "abaxaab STO ä🦊 \n END".substring(0, random.nextInt(3, 14)) + stops.getLast() + " tail ST";
            assertThat(stopped(cut(text, random), stops)).isEqualTo(stopped(List.of(text), stops));
            String out = stopped(List.of(text), stops);
            assertThat(stops).noneMatch(out::contains);
            assertThat(text).startsWith(out);
        }
        String untouched = "no such thing, but S";
        assertThat(stopped(cut(untouched, random), stops)).isEqualTo(untouched);
    }

    private static String stopped(List<String> pieces, List<String> stops) {
        var matcher = new StopMatcher(stops);
        var out = new StringBuilder();
        pieces.forEach(piece -> out.append(matcher.accept(piece)));
        return out.append(matcher.finish()).toString();
    }

    private static List<Part> parts(List<String> pieces) {
        var parser = new ReplyParser(ALL, "prompt", true);
        var parts = new ArrayList<Part>();
        pieces.forEach(piece -> parts.addAll(parser.accept(piece)));
        parts.addAll(parser.finish());
        return parts;
    }

    private static List<String> cut(String text, SplittableRandom random) {
        var pieces = new ArrayList<String>();
        int at = 0;
        while (at < text.length()) {
            int end = Math.min(text.length(), at + random.nextInt(1, 7));
            pieces.add(text.substring(at, end));
            at = end;
        }
        return pieces;
    }

    /// Pieces of a kind that follow each other belong together.
    private static List<String> joined(List<Part> parts) {
        var joined = new ArrayList<String>();
        String kind = "";
        for (Part part : parts) {
            String now = switch (part) {
                case Part.Reasoning _ -> "reasoning";
                case Part.Content _ -> "content";
                case Part.CallStart start -> "call " + start.index() + " of " + start.name();
                case Part.CallArguments arguments -> "arguments of " + arguments.index();
            };
            String text = switch (part) {
                case Part.Reasoning(String thought) -> thought;
                case Part.Content(String content) -> content;
                case Part.CallStart _ -> "";
                case Part.CallArguments(int _, String fragment) -> fragment;
            };
            if (now.equals(kind)) {
                joined.add(joined.removeLast() + text);
            } else {
                joined.add(now + ": " + text);
            }
            kind = now;
        }
        return joined;
    }
}
