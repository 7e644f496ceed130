package io.dipper.servicesupport.home;

import java.nio.file.Path;

/// The folder that holds all that outlives a process: models, PostgreSQL's data, logs, the service
/// token and the first admin key.
public record DipperHome(Path root) {

    public DipperHome {
        root = root.toAbsolutePath().normalize();
    }

    /// `DIPPER_HOME`, or `~/.dipper`.
    public static DipperHome standard() {
        String configured = System.getenv("DIPPER_HOME");
        return new DipperHome(
                configured == null || configured.isBlank()
                        ? Path.of(System.getProperty("user.home"), ".dipper")
                        : Path.of(configured));
    }

    public Path models() {
        return root.resolve("models");
    }

    public Path postgres() {
        return root.resolve("postgres");
    }

    public Path logs() {
        return root.resolve("logs");
    }

    public Path serviceToken() {
        return root.resolve("service-token");
    }

    /// The key made at the gateway's first start, alone on one line.
    public Path adminKey() {
        return root.resolve("admin.key");
    }

    /// What the gateway's stored key hashes are keyed with.
    public Path keySecret() {
        return root.resolve("key-secret");
    }
}
