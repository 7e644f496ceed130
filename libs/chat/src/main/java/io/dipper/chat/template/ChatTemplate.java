package io.dipper.chat.template;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A model's chat template: a conversation in, the text that the model sees out.
///
/// Templates come with checkpoints and are not trusted: they see nothing but the variables and the
/// clock, change nothing, and end within bounds. May be used by many threads.
public final class ChatTemplate {
    private static final List<String> ALWAYS_DEFINED = List.of("tools", "documents", "add_generation_prompt");

    private final List<Statement> body;
    private final Set<String> optionNames;

    private ChatTemplate(List<Statement> body, Set<String> optionNames) {
        this.body = body;
        this.optionNames = optionNames;
    }

    /// Reads a template.
    ///
    /// @throws TemplateException if the text is no template, or uses filters that do not exist
    public static ChatTemplate compile(String source) {
        try {
            List<Statement> body = Parser.parse(source);
            return new ChatTemplate(body, Set.copyOf(Analysis.freeNames(body)));
        } catch (StackOverflowError e) {
            throw Budget.recursion();
        }
    }

    /// Renders one conversation.
    ///
    /// @param variables texts, numbers, booleans, null, lists, maps and JSON nodes; `tools` and
    ///     `documents` are none and `add_generation_prompt` is false where absent, all else is
    ///     undefined
    /// @throws TemplateException if the template refuses or fails
    public String render(Map<String, Object> variables, Clock clock) {
        var budget = new Budget();
        try {
            Scope scope = Globals.scope(clock, budget);
            for (String name : ALWAYS_DEFINED) {
                scope.set(name, name.equals("add_generation_prompt") ? false : null);
            }
            variables.forEach((name, value) -> scope.set(name, Values.of(value)));
            return new Renderer(budget).text(body, new Scope(scope));
        } catch (StackOverflowError e) {
            // Depth is bounded, yet how much stack a level takes is not ours to say.
            throw Budget.recursion();
        }
    }

    /// The names that the template reads and does not set itself: what a caller can pass to it.
    public Set<String> optionNames() {
        return optionNames;
    }
}
