package io.dipper.servicesupport;

import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.web.context.reactive.StandardReactiveWebEnvironment;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

/// Starts one service as a Spring context. Several may live in one JVM, so nothing here touches
/// what the JVM has only once: no shutdown hook, no JMX, no global meter registry, no shared event
/// loops.
public final class ServiceBootstrap {

    private static final Logger LOG = LoggerFactory.getLogger(ServiceBootstrap.class);
    private static final String LOGGING = "classpath:io/dipper/servicesupport/logback.xml";

    private ServiceBootstrap() {}

    /// Starts the service and returns when it takes requests.
    ///
    /// @param application the configuration class, annotated with [WebService]
    /// @param configName names the service in everything that belongs to one service: its
    ///     configuration file, its schema and its migrations under `db/<configName>`, its metrics
    ///     and its traces
    /// @param properties win over every other source
    public static ConfigurableApplicationContext start(
            Class<?> application, String configName, Map<String, Object> properties) {
        SpringApplication spring = new SpringApplication(application);
        spring.setBannerMode(Banner.Mode.OFF);
        spring.setWebApplicationType(WebApplicationType.REACTIVE);
        spring.setRegisterShutdownHook(false);
        spring.setDefaultProperties(defaults(configName));
        spring.setEnvironment(environment(properties));
        spring.setLogStartupInfo(false);
        long startNs = System.nanoTime();
        ConfigurableApplicationContext context = spring.run();
        LOG.info(
                "{} takes requests on port {} after {} ms",
                configName,
                context.getEnvironment().getProperty("local.server.port"),
                (System.nanoTime() - startNs) / 1_000_000);
        return context;
    }

    private static StandardReactiveWebEnvironment environment(Map<String, Object> properties) {
        var environment = new StandardReactiveWebEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("dipper", new LinkedHashMap<>(properties)));
        return environment;
    }

    private static Map<String, Object> defaults(String configName) {
        Map<String, Object> defaults = new LinkedHashMap<>();
        defaults.put("spring.config.name", configName);
        defaults.put("spring.config.additional-location", "optional:file:${dipper.home:${user.home}/.dipper}/");
        defaults.put("spring.application.name", "dipper-" + configName);
        defaults.put("spring.threads.virtual.enabled", true);
        defaults.put("spring.jmx.enabled", false);
        defaults.put("spring.http.codecs.max-in-memory-size", "1MB");
        defaults.put("spring.lifecycle.timeout-per-shutdown-phase", "60s");
        defaults.put("server.address", "127.0.0.1");
        defaults.put("server.shutdown", "graceful");
        defaults.put("server.max-http-request-header-size", "32KB");
        defaults.put("server.netty.max-initial-line-length", "16KB");
        defaults.put("logging.config", LOGGING);
        defaults.put("management.metrics.use-global-registry", false);
        defaults.put("dipper.service", configName);
        defaults.put("spring.flyway.locations", "classpath:db/" + configName);
        defaults.put("spring.flyway.schemas", configName);
        defaults.put("spring.flyway.default-schema", configName);
        defaults.put("spring.flyway.connect-retries", 10);
        return defaults;
    }
}
