package io.dipper.checkpoint.hub;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One request to the hub and the redirects that follow from it. Redirects are followed here and
/// not by the client, since the token belongs to the hub alone and must not reach the store that it
/// sends us to.
final class Transport implements AutoCloseable {
    private static final int MAX_REDIRECTS = 5;
    private static final Duration CONNECT = Duration.ofSeconds(15);
    private static final Duration HEADERS = Duration.ofSeconds(60);
    private static final Duration SILENCE = Duration.ofSeconds(60);

    /// What came back.
    ///
    /// @param first the hub's own answer, which carries its headers also where it redirects
    record Reply(HttpResponse<TimedBody> first, HttpResponse<TimedBody> last) implements AutoCloseable {
        int status() {
            return last.statusCode();
        }

        TimedBody body() {
            return last.body();
        }

        Optional<String> header(String name) {
            return last.headers().firstValue(name);
        }

        Optional<String> hubHeader(String name) {
            return first.headers().firstValue(name);
        }

        /// Any 2xx passes. What may be different in a while is [Retry.NotNow], the rest is final.
        void requireOk(String what) throws IOException {
            int status = status();
            if (status / 100 == 2) {
                return;
            }
            String said = hubHeader("x-error-message")
                    .map(text -> ": " + text.replaceAll("\\p{Cntrl}", " "))
                    .map(text -> text.substring(0, Math.min(text.length(), 300)))
                    .orElse("");
            throw switch (status) {
                case 401, 403 ->
                    new HubException(
                            HubException.Kind.UNAUTHORIZED,
                            what + ": the hub refuses access (" + status + said
                                    + "); private and gated repositories need HF_TOKEN, and some do not exist");
                case 404, 410 -> new HubException(HubException.Kind.NOT_FOUND, what + ": not found" + said);
                case 408, 425, 429, 500, 502, 503, 504 ->
                    new Retry.NotNow("the hub answers " + status + said, retryAfter());
                default -> new HubException(HubException.Kind.UNUSABLE, what + ": the hub answers " + status + said);
            };
        }

        /// The header may also hold a date, which is left to the usual pause.
        private Duration retryAfter() {
            return header("retry-after")
                    .filter(text -> text.matches("\\d{1,6}"))
                    .map(text -> Duration.ofSeconds(Long.parseLong(text)))
                    .orElse(Duration.ZERO);
        }

        @Override
        public void close() {
            last.body().close();
        }
    }

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .build();
    private final HubSettings settings;

    Transport(HubSettings settings) {
        this.settings = settings;
    }

    /// Sends `method` to `path` of the endpoint. Any status is a reply; only a broken connection is
    /// an exception.
    Reply send(String method, String path, Map<String, String> headers) throws IOException, InterruptedException {
        URI target = URI.create(settings.endpoint() + path);
        HttpResponse<TimedBody> first = null;
        for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
            HttpResponse<TimedBody> response =
                    client.send(request(method, target, headers), info -> new TimedBody(SILENCE));
            first = first == null ? response : first;
            Optional<String> location = response.headers().firstValue("location");
            if (response.statusCode() / 100 != 3 || location.isEmpty()) {
                return new Reply(first, response);
            }
            response.body().close();
            target = redirected(target, location.get());
        }
        throw new IOException("more than " + MAX_REDIRECTS + " redirects");
    }

    @Override
    public void close() {
        client.close();
    }

    private HttpRequest request(String method, URI target, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(target)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(HEADERS)
                .header("User-Agent", "dipper")
                // Content codings would make lengths and ranges meaningless.
                .header("Accept-Encoding", "identity");
        headers.forEach(request::header);
        if (isEndpoint(target)) {
            settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        }
        return request.build();
    }

    private boolean isEndpoint(URI target) {
        return origin(target).equals(origin(settings.endpoint()));
    }

    private static URI redirected(URI from, String location) throws IOException {
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new IOException("redirected to something that is no address", e);
        }
        boolean downgraded = "https".equals(from.getScheme()) && !"https".equals(to.getScheme());
        if (downgraded || to.getHost() == null) {
            throw new IOException("redirected from " + from.getHost() + " to " + to.getScheme() + "://" + to.getHost()
                    + ", which is refused");
        }
        return to;
    }

    private static List<Object> origin(URI uri) {
        int standard = "https".equals(uri.getScheme()) ? 443 : 80;
        return List.of(uri.getScheme(), uri.getHost(), uri.getPort() < 0 ? standard : uri.getPort());
    }
}
