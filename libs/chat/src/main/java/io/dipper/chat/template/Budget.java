package io.dipper.chat.template;

/// What one render may use. A template is someone else's program: it must end, soon, and with a
/// text of sane size.
final class Budget {
    static final int MAX_STEPS = 20_000_000;
    static final int MAX_TEXT = 32 << 20;
    static final int MAX_DEPTH = 1_000;

    private int steps;
    private int depth;

    void step() {
        if (++steps > MAX_STEPS) {
            throw new TemplateException(
                    TemplateException.Kind.LIMIT, "the template takes more than " + MAX_STEPS + " steps");
        }
    }

    void steps(long count) {
        if (count > MAX_STEPS - steps) {
            steps = MAX_STEPS;
            step();
        }
        steps += (int) count;
    }

    /// Long texts cost steps too, sixteen characters one: a short loop could else copy for hours, or keep
    /// more of them than the memory holds.
    int text(long length) {
        if (length > MAX_TEXT) {
            throw new TemplateException(
                    TemplateException.Kind.LIMIT, "the template makes a text of more than " + MAX_TEXT + " characters");
        }
        steps(length >> 4);
        return (int) length;
    }

    void enter() {
        step();
        if (++depth > MAX_DEPTH) {
            throw recursion();
        }
    }

    void exit() {
        depth--;
    }

    static TemplateException recursion() {
        return new TemplateException(TemplateException.Kind.RECURSION, "maximum recursion depth exceeded");
    }
}
