package io.dipper.registry.designs;

import io.dipper.registry.catalogue.Architecture;
import io.dipper.registry.catalogue.ArchitectureColumns;
import io.dipper.registry.catalogue.ModelFilter;
import io.dipper.registry.web.Rows;
import io.dipper.transformer.fold.Facts;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import tools.jackson.databind.node.ObjectNode;

/// Published designs as rows. Blocks: for virtual threads.
@Repository
public class DesignStore {
    private final JdbcClient jdbc;

    public DesignStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Writes what the product says of a design; nothing happens where the row says so already.
    void put(PublishedDesign design) {
        var read = design.read();
        ObjectNode facts = Facts.of(read.model(), read.family(), read.files(), List.of());
        var architecture =
                Architecture.of(facts, design.config().get("model_type").stringValue());
        jdbc.sql("""
                        insert into design (name, vendor, released, claimed_total, claimed_active, config, %s, facts)
                        values (:name, :vendor, :released, :claimedTotal, :claimedActive, cast(:config as jsonb),
                            %s, cast(:facts as jsonb))
                        on conflict (name) do update set
                            (vendor, released, claimed_total, claimed_active, config, %s, facts) =
                            (excluded.vendor, excluded.released, excluded.claimed_total, excluded.claimed_active,
                             excluded.config, %s, excluded.facts)
                        where (design.facts, design.config, design.vendor, design.released, design.claimed_total,
                               design.claimed_active) is distinct from
                              (excluded.facts, excluded.config, excluded.vendor, excluded.released,
                               excluded.claimed_total, excluded.claimed_active)
                        """.formatted(
                                ArchitectureColumns.NAMES,
                                ArchitectureColumns.PLACEHOLDERS,
                                ArchitectureColumns.NAMES,
                                ArchitectureColumns.excluded()))
                .param("name", design.name())
                .param("vendor", design.vendor())
                .param("released", design.released())
                .param("claimedTotal", design.claimedTotal())
                .param("claimedActive", design.claimedActive())
                .param("config", design.config().toString())
                .params(ArchitectureColumns.parameters(architecture))
                .param("facts", facts.toString())
                .update();
    }

    /// Removes what the product no longer knows.
    void keepOnly(List<String> names) {
        jdbc.sql("delete from design where name not in (:names)")
                .param("names", names)
                .update();
    }

    public List<DesignSummary> list(ModelFilter filter) {
        ModelFilter.Where where = filter.where();
        return jdbc.sql("""
                        select v.* from design v cross join lateral (select v.name) m
                        where %s order by v.released desc, lower(v.name)""".formatted(where.sql()))
                .params(where.parameters())
                .query((row, _) -> summary(row))
                .list();
    }

    public Optional<DesignDetails> find(String name) {
        return jdbc.sql("select * from design where name = :name")
                .param("name", name)
                .query((row, _) -> details(row))
                .optional();
    }

    private static DesignSummary summary(ResultSet row) throws SQLException {
        return new DesignSummary(
                row.getString("name"),
                row.getString("vendor"),
                row.getString("released"),
                row.getString("claimed_total"),
                row.getString("claimed_active"),
                ArchitectureColumns.architecture(row));
    }

    private static DesignDetails details(ResultSet row) throws SQLException {
        return new DesignDetails(
                row.getString("name"),
                row.getString("vendor"),
                row.getString("released"),
                row.getString("claimed_total"),
                row.getString("claimed_active"),
                ArchitectureColumns.architecture(row),
                Rows.object(row, "facts"),
                Rows.object(row, "config"));
    }
}
