package io.dipper.registry.catalogue;

import io.dipper.registry.web.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// The columns by which designs are searched, the same for models and for published designs.
public final class ArchitectureColumns {
    public static final String NAMES = """
            family, model_type, layers, hidden_size, vocabulary, context_length, parameters_total, \
            parameters_active, experts_routed, experts_used, attention_kinds, kv_bytes_token, kv_bytes_max, tied, \
            positional, norm_placement, norm_kind, qk_norm""";

    /// In the order of [#NAMES].
    public static final String PLACEHOLDERS = """
            :family, :modelType, :layers, :hiddenSize, :vocabulary, :contextLength, :parametersTotal, \
            :parametersActive, :expertsRouted, :expertsUsed, string_to_array(:attentionKinds, ','), \
            :kvBytesPerToken, :kvBytesMax, :tied, :positional, :normPlacement, :normKind, :qkNorm""";

    private ArchitectureColumns() {}

    /// The columns of a row that an insert could not add.
    public static String excluded() {
        return Arrays.stream(NAMES.split(", ")).map(name -> "excluded." + name).collect(Collectors.joining(", "));
    }

    /// Values for [#PLACEHOLDERS].
    public static Map<String, Object> parameters(Architecture design) {
        Map<String, Object> values = new HashMap<>();
        values.put("family", design.family());
        values.put("modelType", design.modelType());
        values.put("layers", design.layers());
        values.put("hiddenSize", design.hiddenSize());
        values.put("vocabulary", design.vocabulary());
        values.put("contextLength", design.contextLength());
        values.put("parametersTotal", design.parametersTotal());
        values.put("parametersActive", design.parametersActive());
        values.put(
                "expertsRouted",
                design.experts() == null ? null : design.experts().routed());
        values.put(
                "expertsUsed",
                design.experts() == null ? null : design.experts().used());
        values.put("attentionKinds", String.join(",", design.attentionKinds()));
        values.put("kvBytesPerToken", design.kvBytesPerToken());
        values.put("kvBytesMax", design.kvBytesMax());
        values.put("tied", design.tied());
        values.put("positional", design.positional());
        values.put("normPlacement", design.normPlacement());
        values.put("normKind", design.normKind());
        values.put("qkNorm", design.qkNorm());
        return values;
    }

    public static Architecture architecture(ResultSet row) throws SQLException {
        Integer routed = Rows.integer(row, "experts_routed");
        return new Architecture(
                row.getString("family"),
                row.getString("model_type"),
                row.getInt("layers"),
                row.getInt("hidden_size"),
                row.getInt("vocabulary"),
                row.getInt("context_length"),
                row.getLong("parameters_total"),
                row.getLong("parameters_active"),
                routed == null ? null : new Architecture.Experts(routed, row.getInt("experts_used")),
                Rows.texts(row, "attention_kinds"),
                row.getLong("kv_bytes_token"),
                row.getLong("kv_bytes_max"),
                row.getBoolean("tied"),
                row.getString("positional"),
                row.getString("norm_placement"),
                row.getString("norm_kind"),
                row.getString("qk_norm"));
    }
}
