package io.dipper.registry.catalogue;

import io.dipper.servicesupport.http.ApiException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Which models are wanted. Every condition is optional; all that are given must hold.
///
/// @param attention kinds that must all occur
/// @param text part of the name or the family, in any case
public record ModelFilter(String family, List<String> attention, Long minContext, Long maxActive, String text) {
    private static final int MAX_TEXT = 200;

    public ModelFilter {
        attention = List.copyOf(attention);
    }

    /// As the query string spells it; attention kinds are separated by commas.
    public static ModelFilter of(String family, String attention, Long minContext, Long maxActive, String text) {
        requireShort("family", family);
        requireShort("attention", attention);
        requireShort("q", text);
        requirePositive("minContext", minContext);
        requirePositive("maxActive", maxActive);
        List<String> kinds = attention == null || attention.isBlank()
                ? List.of()
                : List.of(attention.strip().split("\\s*,\\s*", -1));
        return new ModelFilter(blankAsNull(family), kinds, minContext, maxActive, blankAsNull(text));
    }

    /// Conditions on the columns of `current_version v` joined to `model m`, and their parameters.
    public record Where(String sql, Map<String, Object> parameters) {}

    public Where where() {
        List<String> conditions = new ArrayList<>(List.of("true"));
        Map<String, Object> parameters = new LinkedHashMap<>();
        if (family != null) {
            conditions.add("v.family = lower(:family)");
            parameters.put("family", family);
        }
        if (!attention.isEmpty()) {
            conditions.add("v.attention_kinds @> string_to_array(lower(:attention), ',')");
            parameters.put("attention", String.join(",", attention));
        }
        if (minContext != null) {
            conditions.add("v.context_length >= :minContext");
            parameters.put("minContext", minContext);
        }
        if (maxActive != null) {
            conditions.add("v.parameters_active <= :maxActive");
            parameters.put("maxActive", maxActive);
        }
        if (text != null) {
            // Not LIKE: its wildcards would have to be escaped.
            conditions.add("(strpos(lower(m.name), lower(:text)) > 0 or strpos(v.family, lower(:text)) > 0)");
            parameters.put("text", text);
        }
        return new Where(String.join(" and ", conditions), parameters);
    }

    private static String blankAsNull(String text) {
        return text == null || text.isBlank() ? null : text.strip();
    }

    private static void requireShort(String field, String text) {
        if (text != null && text.length() > MAX_TEXT) {
            throw ApiException.badRequest(
                    field + " has " + text.length() + " characters, the limit is " + MAX_TEXT, field);
        }
    }

    private static void requirePositive(String field, Long value) {
        if (value != null && value <= 0) {
            throw ApiException.badRequest(field + " must be positive, it is " + value, field);
        }
    }
}
