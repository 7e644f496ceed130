package io.dipper.gateway.web;

import io.dipper.servicesupport.http.OpenPaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RequestPredicate;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.WebFilter;

/// The console's pages, and the other services' administration behind this door.
@Configuration(proxyBeanMethods = false)
@Import(AdminController.class)
public class WebConfiguration {

    @Bean
    OpenPaths openPaths() {
        return Access::isOpen;
    }

    /// What the console's pages may load and where they may be shown: nothing from elsewhere, nowhere
    /// else.
    @Bean
    WebFilter pageHeaders() {
        String policy = policy();
        return (exchange, chain) -> {
            if (!Access.isApi(exchange.getRequest().getPath().pathWithinApplication())) {
                HttpHeaders headers = exchange.getResponse().getHeaders();
                headers.set("Content-Security-Policy", policy);
                headers.set("X-Content-Type-Options", "nosniff");
                headers.set("Referrer-Policy", "no-referrer");
            }
            return chain.filter(exchange);
        };
    }

    private static String policy() {
        Resource file = new ClassPathResource("static/content-security-policy.txt");
        try {
            return file.exists()
                    ? file.getContentAsString(StandardCharsets.UTF_8).strip()
                    : "default-src 'none'";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Files as they are; any other page is the single page, which reads its address itself.
    @Bean
    RouterFunction<ServerResponse> console() {
        Resource index = new ClassPathResource("static/index.html");
        RequestPredicate page = RequestPredicates.methods(HttpMethod.GET, HttpMethod.HEAD)
                .and(request -> isPage(request.path()) && index.exists());
        // Looking a file up goes through the whole class path: the API's requests must not pay for it.
        return RouterFunctions.route()
                .nest(
                        request -> !Access.isApi(request.requestPath().pathWithinApplication()),
                        files -> files.route(
                                        page,
                                        _ -> ServerResponse.ok()
                                                .contentType(MediaType.TEXT_HTML)
                                                .cacheControl(CacheControl.noCache())
                                                .bodyValue(index))
                                .resources("/**", new ClassPathResource("static/")))
                .build();
    }

    private static boolean isPage(String path) {
        return path.equals("/index.html") || path.indexOf('.', path.lastIndexOf('/') + 1) < 0;
    }
}
