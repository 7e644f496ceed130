package io.dipper.registry.catalogue;

import io.dipper.registry.catalogue.ModelSummary.ExportSummary;
import io.dipper.registry.web.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.RowCallbackHandler;

/// Rows of the catalogue's tables as records.
final class CatalogueRows {
    /// Gathers the exports of many versions in one query.
    static final class ExportsByVersion implements RowCallbackHandler {
        private final Map<Long, List<ExportSummary>> exports = new HashMap<>();

        @Override
        public void processRow(ResultSet row) throws SQLException {
            exports.computeIfAbsent(row.getLong("version_id"), _ -> new ArrayList<>())
                    .add(new ExportSummary(
                            row.getString("target"),
                            ExportState.valueOf(row.getString("state")),
                            row.getLong("bytes")));
        }

        List<ExportSummary> of(long versionId) {
            return exports.getOrDefault(versionId, List.of());
        }
    }

    private CatalogueRows() {}

    static CatalogueStore.Stored stored(ResultSet row, int number) throws SQLException {
        return new CatalogueStore.Stored(row.getLong("id"), row.getString("folder"), row.getString("digest"));
    }

    static ModelSummary summary(ResultSet row, ExportsByVersion exports) throws SQLException {
        return new ModelSummary(
                row.getString("name"),
                row.getString("digest"),
                row.getString("source"),
                row.getLong("bytes"),
                Rows.instant(row, "created_at"),
                ArchitectureColumns.architecture(row),
                exports.of(row.getLong("id")));
    }
}
