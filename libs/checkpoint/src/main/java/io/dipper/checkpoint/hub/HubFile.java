package io.dipper.checkpoint.hub;

import java.util.regex.Pattern;

/// A file of a repository at one commit.
///
/// @param etag the hub's name for the content: SHA-256 of large files, git's SHA-1 of small ones;
///     also its name in the cache
public record HubFile(String name, long bytes, String etag) {
    private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern HEX = Pattern.compile("[0-9a-f]+");

    public HubFile {
        if (bytes < 0 || !SAFE.matcher(etag).matches()) {
            throw new IllegalArgumentException(name + ": " + bytes + " bytes, etag '" + etag + "'");
        }
    }

    Content content() {
        if (HEX.matcher(etag).matches()) {
            return switch (etag.length()) {
                case 64 -> Content.SHA_256;
                case 40 -> Content.GIT_SHA_1;
                default -> Content.LENGTH_ONLY;
            };
        }
        return Content.LENGTH_ONLY;
    }

    /// How the etag pins the content. Mirrors that make up etags of their own leave the length
    /// alone.
    enum Content {
        SHA_256,
        GIT_SHA_1,
        LENGTH_ONLY
    }
}
