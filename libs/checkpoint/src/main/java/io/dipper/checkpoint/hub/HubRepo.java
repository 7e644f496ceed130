package io.dipper.checkpoint.hub;

import java.util.regex.Pattern;

/// A model repository of the hub, such as `Qwen/Qwen3-0.6B` or the older `gpt2`.
public record HubRepo(String id) {
    private static final String PART = "[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?";
    private static final Pattern ID = Pattern.compile(PART + "(?:/" + PART + ")?");

    public HubRepo {
        if (!isValid(id)) {
            throw new IllegalArgumentException(
                    "a hub repository is ORGANISATION/NAME of letters, digits, '.', '_' and '-', without '..' or '--'");
        }
    }

    public static boolean isValid(String id) {
        return ID.matcher(id).matches() && !id.contains("..") && !id.contains("--");
    }

    /// Its folder in the hub's cache.
    String cacheFolder() {
        return "models--" + id.replace("/", "--");
    }

    @Override
    public String toString() {
        return id;
    }
}
