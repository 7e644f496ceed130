package io.dipper.checkpoint.hub;

import io.dipper.checkpoint.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One file on its way into one blob: asks for what is missing until nothing is.
final class Download {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final Transport transport;
    private final String what;
    private final String path;
    private final HubFile file;
    private final BlobWriter blob;
    private final Progress progress;
    /// The store's own strong ETag of what we hold a part of. It is not known for what an earlier
    /// process left; there the digest alone decides.
    private String validator = "";

    Download(Transport transport, String what, String path, HubFile file, BlobWriter blob, Progress progress) {
        this.transport = transport;
        this.what = what;
        this.path = path;
        this.file = file;
        this.blob = blob;
        this.progress = progress;
    }

    void run(Retry retry) throws IOException {
        report();
        retry.run(what, blob::position, () -> {
            transfer();
            return null;
        });
    }

    private void transfer() throws IOException, InterruptedException {
        if (blob.isFull()) {
            return;
        }
        long from = blob.position();
        try (Transport.Reply reply = transport.send("GET", path, range(from))) {
            switch (reply.status()) {
                case 200 -> beginAnew(reply, from);
                case 206 -> requireContinuation(reply, from);
                case 416 -> {
                    blob.restart();
                    throw new IOException("the hub does not continue at byte " + from);
                }
                default -> reply.requireOk(what);
            }
            validator =
                    reply.header("etag").filter(etag -> etag.startsWith("\"")).orElse("");
            copy(reply.body());
        }
        if (!blob.isFull()) {
            throw new IOException("the connection ended at byte " + blob.position() + " of " + file.bytes());
        }
    }

    private Map<String, String> range(long from) {
        Map<String, String> headers = new HashMap<>();
        if (from > 0) {
            headers.put("Range", "bytes=" + from + "-");
            if (!validator.isEmpty()) {
                headers.put("If-Range", validator);
            }
        }
        return headers;
    }

    /// The whole content comes, perhaps though we asked for its end.
    private void beginAnew(Transport.Reply reply, long from) throws IOException {
        long announced = reply.header("content-length").map(Long::parseLong).orElse(file.bytes());
        if (announced != file.bytes()) {
            throw new HubException(
                    HubException.Kind.CORRUPT,
                    what + ": arrives with " + announced + " bytes, announced were " + file.bytes());
        }
        if (from > 0) {
            blob.restart();
        }
    }

    private static void requireContinuation(Transport.Reply reply, long from) throws IOException {
        String range = reply.header("content-range").orElse("");
        Matcher matcher = CONTENT_RANGE.matcher(range);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) != from) {
            throw new IOException("asked to continue at byte " + from + ", got another part");
        }
    }

    private void copy(TimedBody body) throws IOException, InterruptedException {
        for (List<ByteBuffer> buffers = body.next(); !buffers.isEmpty(); buffers = body.next()) {
            for (ByteBuffer buffer : buffers) {
                blob.write(buffer);
            }
            report();
        }
    }

    private void report() {
        progress.report("download " + file.name(), blob.position(), file.bytes());
    }
}
