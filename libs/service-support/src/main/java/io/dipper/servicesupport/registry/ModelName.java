package io.dipper.servicesupport.registry;

import java.util.regex.Pattern;

/// The name under which a model is asked for: `dipper-mini` or `Qwen/Qwen3-0.6B`.
public record ModelName(String text) {
    private static final String PART = "[A-Za-z0-9_][A-Za-z0-9._-]{0,95}";
    private static final Pattern NAME = Pattern.compile(PART + "(?:/" + PART + ")?");

    /// What a caller is told who gives anything else.
    public static final String RULE =
            "a model's name is of letters, digits, '.', '_' and '-', at most 96, not beginning with '.' or '-', "
                    + "perhaps with one '/' between two such parts";

    public ModelName {
        if (!isValid(text)) {
            throw new IllegalArgumentException(RULE);
        }
    }

    public static boolean isValid(String text) {
        return NAME.matcher(text).matches();
    }

    @Override
    public String toString() {
        return text;
    }
}
