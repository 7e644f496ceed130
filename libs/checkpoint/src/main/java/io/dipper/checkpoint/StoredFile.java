package io.dipper.checkpoint;

/// A file of a folder, by its name there, with what pins its content.
public record StoredFile(String name, long bytes, String sha256) {
    public StoredFile {
        if (name.isEmpty() || name.startsWith("/") || name.contains("..") || name.contains("\\")) {
            throw new IllegalArgumentException("'" + name + "' is no name of a file in a folder");
        }
        if (bytes < 0) {
            throw new IllegalArgumentException(name + ": " + bytes + " bytes");
        }
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(name + ": '" + sha256 + "' is no SHA-256 in lower case");
        }
    }
}
