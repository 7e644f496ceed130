package io.dipper.servicesupport.http;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.SecretFile;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/// The HTTP edge that every service has. A service replaces [Authenticator] or [OpenPaths] by a
/// bean of its own.
@Configuration(proxyBeanMethods = false)
@Import(HealthController.class)
public class HttpConfiguration {

    private static final int CONNECTIONS_PER_HOST = 1_024;

    /// More than one read of 64 KiB can hold of requests with a key. No more is read while 32 wait.
    private static final int MOST_PIPELINED = 2_048;

    @Bean
    DipperHome dipperHome(Environment environment) {
        String configured = environment.getProperty("dipper.home");
        return configured == null || configured.isBlank() ? DipperHome.standard() : new DipperHome(Path.of(configured));
    }

    @Bean
    ServiceToken serviceToken(Environment environment, DipperHome home) {
        String configured = environment.getProperty("dipper.service-token");
        return new ServiceToken(
                configured == null || configured.isBlank()
                        ? SecretFile.readOrCreate(home.serviceToken(), SecretFile::random)
                        : configured);
    }

    @Bean
    RequestIdFilter requestIdFilter() {
        return new RequestIdFilter();
    }

    @Bean
    BearerFilter bearerFilter(
            ObjectProvider<Authenticator> authenticator, ObjectProvider<OpenPaths> open, ServiceToken token) {
        return new BearerFilter(
                authenticator.getIfAvailable(() -> Authenticator.serviceToken(token.value())),
                open.getIfAvailable(() -> OpenPaths.HEALTH_ONLY));
    }

    @Bean
    NulFilter nulFilter() {
        return new NulFilter();
    }

    /// Unordered, so that it comes after Spring Boot's own choice of a decoder.
    @Bean
    WebFluxConfigurer strictBodies() {
        return new WebFluxConfigurer() {
            @Override
            public void configureHttpMessageCodecs(ServerCodecConfigurer codecs) {
                codecs.defaultCodecs().jacksonJsonDecoder(new StrictBodyDecoder());
            }
        };
    }

    @Bean
    Readiness readiness() {
        return new Readiness();
    }

    @Bean
    Drain drain(Readiness readiness, @Value("${dipper.drain-timeout:45s}") Duration limit) {
        return new Drain(readiness, limit);
    }

    @Bean
    SlowBodies slowBodies(@Value("${dipper.request-body-timeout:30s}") Duration silence) {
        return new SlowBodies(silence);
    }

    @Bean
    UnreadableRequest unreadableRequest() {
        return new UnreadableRequest();
    }

    /// Requests that a client sends before it has the answers to those before. Past the codec's limit the connection
    /// is closed under the request that is being answered.
    @Bean
    NettyServerCustomizer pipelinedRequests() {
        return server -> server.maxPipelineDepth(MOST_PIPELINED);
    }

    @Bean
    UnreadableTarget unreadableTarget() {
        return new UnreadableTarget();
    }

    @Bean
    ErrorHandler errorHandler() {
        return new ErrorHandler();
    }

    /// Event loops and connections of this context alone: closing one service must not stop the
    /// others of the same JVM.
    @Bean
    ReactorResourceFactory reactorResourceFactory(@Value("${dipper.service}") String service) {
        int workers = Math.max(2, Runtime.getRuntime().availableProcessors());
        var resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        resources.setLoopResourcesSupplier(() -> LoopResources.create(service + "-http", workers, true));
        resources.setConnectionProviderSupplier(() -> ConnectionProvider.builder(service)
                .maxConnections(CONNECTIONS_PER_HOST)
                .build());
        resources.setShutdownQuietPeriod(Duration.ZERO);
        return resources;
    }

    /// For calls on other services; on the event loops of this one.
    @Bean
    HttpClient httpClient(ReactorResourceFactory resources) {
        return HttpClient.create(resources.getConnectionProvider())
                .runOn(resources.getLoopResources())
                .option(io.netty.channel.ChannelOption.CONNECT_TIMEOUT_MILLIS, 2_000);
    }
}
