package io.dipper.inference.validation;

import java.util.Set;

/// What a request is checked against: facts of the model that it names.
///
/// @param contextTokens most tokens of prompt and answer together
/// @param longestTokenBytes bytes of text that no token of the vocabulary exceeds
/// @param templateOptions what a client may set in `chat_template_kwargs`
/// @param defaults what the model's authors recommend, for fields that the request leaves out
public record ModelLimits(
        int vocabularySize,
        int contextTokens,
        int longestTokenBytes,
        Set<String> templateOptions,
        SamplingDefaults defaults) {

    /// The template option that clients of all servers know, so it is always allowed.
    public static final String ENABLE_THINKING = "enable_thinking";

    public ModelLimits {
        templateOptions = Set.copyOf(templateOptions);
    }

    /// From the model's `generation_config.json`.
    ///
    /// @param temperature 0 where the authors say `do_sample: false`
    public record SamplingDefaults(double temperature, double topP, int topK, double minP, double repetitionPenalty) {
        public static final SamplingDefaults NONE = new SamplingDefaults(1, 1, 0, 0, 1);
    }

    /// Bytes of text beyond which a prompt cannot fit, whatever it says. The factor leaves room for
    /// normalisation, which may shorten a text before it is cut into tokens.
    public long mostPromptBytes() {
        return (long) contextTokens * longestTokenBytes * 4;
    }
}
