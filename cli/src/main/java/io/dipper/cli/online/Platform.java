package io.dipper.cli.online;

import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A running platform, as its gateway shows it.
///
/// Where it is: `DIPPER_URL`, else `http://127.0.0.1:8080`. The key: `DIPPER_API_KEY`, else the
/// admin key file under `DIPPER_HOME`.
public final class Platform {
    static final JsonMapper JSON = JsonMapper.shared();

    private final URI base;
    private final String key;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    public Platform(URI base, String key) {
        this.base = base;
        this.key = key;
    }

    /// @throws Failure that names the variable, and never shows a key
    static Platform from(Map<String, String> environment) {
        return new Platform(base(environment.getOrDefault("DIPPER_URL", "http://127.0.0.1:8080")), key(environment));
    }

    private static URI base(String stated) {
        try {
            URI url = new URI(stated.replaceAll("/+$", ""));
            boolean isWeb = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            boolean isBare = "".equals(url.getPath()) && url.getQuery() == null && url.getFragment() == null;
            if (isWeb && isBare && url.getHost() != null && url.getUserInfo() == null) {
                return url;
            }
        } catch (URISyntaxException _) {
            // Told below, as what is wanted.
        }
        throw Failure.badInput("DIPPER_URL must be http://HOST:PORT or https://HOST:PORT, given: " + stated);
    }

    private static String key(Map<String, String> environment) {
        String stated = environment.get("DIPPER_API_KEY");
        if (stated != null && !stated.isBlank()) {
            return checked(stated, "DIPPER_API_KEY");
        }
        Path file = home(environment).resolve("admin.key");
        try {
            return checked(Files.readString(file), file.toString());
        } catch (IOException e) {
            throw Failure.badInput(
                    "no key: set DIPPER_API_KEY, or DIPPER_HOME to a home with an admin.key (looked at " + file + ")");
        }
    }

    /// What a header can carry.
    private static String checked(String key, String where) {
        String stripped = key.strip();
        if (stripped.isEmpty() || !stripped.chars().allMatch(character -> character > ' ' && character < 127)) {
            throw Failure.badInput(where + " must be one key: visible ASCII characters without spaces or line ends");
        }
        return stripped;
    }

    private static Path home(Map<String, String> environment) {
        String stated = environment.get("DIPPER_HOME");
        return stated != null && !stated.isBlank()
                ? Path.of(stated)
                : Path.of(System.getProperty("user.home"), ".dipper");
    }

    /// A name as one part of a path, whatever is in it.
    ///
    /// @throws Failure for what a path would take as a step instead
    static String segment(String name) {
        if (name.isBlank() || name.equals(".") || name.equals("..")) {
            throw Failure.badInput("not a name: `" + name + "`");
        }
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    public JsonNode get(String path) {
        return exchange(request(path).GET().build());
    }

    public JsonNode delete(String path) {
        return exchange(request(path).DELETE().build());
    }

    public JsonNode post(String path, JsonNode body) {
        return exchange(withBody(path, body));
    }

    /// Opens an event stream; the caller closes it.
    InputStream stream(String path, JsonNode body) {
        HttpResponse<InputStream> response = send(withBody(path, body), BodyHandlers.ofInputStream());
        if (response.statusCode() >= 400) {
            try (InputStream in = response.body()) {
                throw refusal(response.statusCode(), new String(in.readNBytes(65_536), StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw refusal(response.statusCode(), "");
            }
        }
        return response.body();
    }

    private HttpRequest withBody(String path, JsonNode body) {
        return request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString()))
                .build();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).header("Authorization", "Bearer " + key);
    }

    private JsonNode exchange(HttpRequest request) {
        HttpResponse<String> response = send(request, BodyHandlers.ofString());
        if (response.statusCode() >= 400) {
            throw refusal(response.statusCode(), response.body());
        }
        return response.body().isBlank() ? JSON.createObjectNode() : JSON.readTree(response.body());
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request, handler);
        } catch (ConnectException e) {
            throw Failure.badInput(
                    "no platform answers at " + base + " (start one with `dipper up`, or set DIPPER_URL)");
        } catch (IOException e) {
            throw Failure.badInput("talking to " + base + " failed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(ExitCode.BAD_INPUT, "interrupted");
        }
    }

    private static Failure refusal(int status, String body) {
        try {
            String message = JSON.readTree(body).path("error").path("message").asString("");
            return Failure.badInput(message.isBlank() ? "HTTP status " + status : message);
        } catch (JacksonException e) {
            return Failure.badInput("HTTP status " + status);
        }
    }
}
