package io.dipper.cli.online;

import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import io.dipper.cli.ProgressLine;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// An import on the registry, watched until it ends.
public final class ImportJob {
    private static final long POLL_MILLIS = 250;

    private ImportJob() {}

    /// Starts an import and shows its progress; returns the finished job.
    ///
    /// @param source `path:/folder` or `hub:organisation/name`
    public static JsonNode run(Platform platform, String name, String source, String revision, PrintWriter messages)
            throws InterruptedException {
        ObjectNode body = Platform.JSON.createObjectNode().put("name", name).put("source", source);
        if (revision != null) {
            body.put("revision", revision);
        }
        JsonNode job = platform.post("/api/registry/imports", body);
        var line = new ProgressLine(messages);
        while (true) {
            String state = job.path("state").asString("");
            switch (state) {
                case "READY" -> {
                    line.end(name + " is ready");
                    return job;
                }
                case "FAILED" -> {
                    line.end("");
                    throw new Failure(
                            ExitCode.BAD_INPUT,
                            "importing " + name + " failed: "
                                    + job.path("message").asString(""));
                }
                default -> {
                    line.show(
                            state.toLowerCase(Locale.ROOT) + " " + name,
                            job.path("bytesDone").asLong(0),
                            job.path("bytesTotal").asLong(0));
                    TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
                    job = platform.get("/api/registry/imports/" + job.path("id").asString());
                }
            }
        }
    }
}
