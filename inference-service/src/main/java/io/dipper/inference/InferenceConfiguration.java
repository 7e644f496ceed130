package io.dipper.inference;

import io.dipper.export.Target;
import io.dipper.inference.answer.ChatCompletions;
import io.dipper.inference.answer.Completions;
import io.dipper.inference.api.InferenceRoutes;
import io.dipper.inference.host.CardTurn;
import io.dipper.inference.host.EndOfRequests;
import io.dipper.inference.host.FirstModel;
import io.dipper.inference.host.FolderSource;
import io.dipper.inference.host.LeaseKeeper;
import io.dipper.inference.host.ModelHost;
import io.dipper.inference.host.ModelLoader;
import io.dipper.inference.host.ModelSource;
import io.dipper.inference.host.Proofs;
import io.dipper.inference.host.RegistrySource;
import io.dipper.inference.host.RunnerFactory;
import io.dipper.inference.host.ServedBefore;
import io.dipper.inference.host.ServedFile;
import io.dipper.inference.host.Wanted;
import io.dipper.inference.validation.ChatValidation;
import io.dipper.inference.validation.CompletionValidation;
import io.dipper.inference.web.RouteTable;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.http.Readiness;
import io.dipper.servicesupport.http.ServiceToken;
import io.dipper.servicesupport.registry.ModelName;
import io.dipper.servicesupport.registry.RegistryClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.netty.http.client.HttpClient;

/// Puts the service together. What computes a model, a [RunnerFactory], is the application's to
/// choose.
@Configuration(proxyBeanMethods = false)
public class InferenceConfiguration {

    private static final String REGISTRY_URL = "dipper.registry.url";

    @Bean
    Clock clock() {
        return Clock.system(ZoneId.systemDefault());
    }

    @Bean(destroyMethod = "close")
    ExecutorService requestThreads() {
        return Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("request-", 0).factory());
    }

    @Bean
    @ConditionalOnProperty(REGISTRY_URL)
    RegistryClient registryClient(HttpClient http, ServiceToken token, @Value("${" + REGISTRY_URL + "}") String url) {
        return new RegistryClient(http, url, token);
    }

    @Bean
    @ConditionalOnProperty(REGISTRY_URL)
    LeaseKeeper leaseKeeper(
            RegistryClient registry,
            ModelHost host,
            @Value("${dipper.inference.url:}") String url,
            @Value("${server.address}") InetAddress bound) {
        return new LeaseKeeper(registry, host, url, bound);
    }

    @Bean
    ModelSource modelSource(DipperHome home, Optional<RegistryClient> registry) {
        var folders = new FolderSource(home.models());
        return registry.<ModelSource>map(client -> folders.or(new RegistrySource(client, folders)))
                .orElse(folders);
    }

    @Bean
    CardTurn cardTurn() {
        return new CardTurn();
    }

    @Bean
    ModelLoader modelLoader(RunnerFactory runners, CardTurn turn, MeterRegistry meters, Clock clock) {
        return new ModelLoader(runners, turn, meters, clock);
    }

    @Bean
    ModelHost modelHost(
            ModelSource source,
            ModelLoader loader,
            Readiness readiness,
            @Value("${dipper.drain-timeout:45s}") Duration drainLimit) {
        var host = new ModelHost(source, loader, drainLimit);
        host.whenDeviceLost(loss -> readiness.waitFor("device", loss));
        return host;
    }

    @Bean
    EndOfRequests endOfRequests(ModelHost host) {
        return new EndOfRequests(host);
    }

    /// For a port of its own: what has another one each time has no successor.
    @Bean(initMethod = "start")
    @ConditionalOnExpression("'${server.port:8081}' != '0'")
    ServedBefore servedBefore(ModelHost host, DipperHome home, @Value("${server.port:8081}") int port) {
        return new ServedBefore(host, ServedFile.of(home, port));
    }

    @Bean
    Proofs proofs(ModelHost host, RunnerFactory runners, CardTurn turn, DipperHome home) {
        return new Proofs(host, runners, turn, home.models());
    }

    /// Begins to load while the rest of the service starts; after what was served `before`, under its name
    /// perhaps.
    @Bean(initMethod = "start")
    @ConditionalOnExpression("!{'', 'none'}.contains(environment.getProperty('dipper.model', '').strip())")
    FirstModel firstModel(
            Optional<ServedBefore> before,
            ModelHost host,
            Readiness readiness,
            @Value("${dipper.model}") String model,
            @Value("${dipper.model-target:cpu-f32}") String target) {
        Wanted wanted = Wanted.of(model, Target.named(target));
        if (!wanted.isPossible()) {
            throw new IllegalArgumentException("dipper.model must be a model or a checkpoint's folder; "
                    + ModelName.RULE + "; given: '" + model + "'");
        }
        return new FirstModel(host, readiness, before, wanted);
    }

    @Bean
    RouteTable routes(
            ModelHost host,
            Proofs proofs,
            Clock clock,
            ExecutorService requestThreads,
            @Value("${dipper.inference.max-body-bytes:8388608}") int maxBodyBytes) {
        RandomGenerator seeds = new SecureRandom();
        var table = new RouteTable(requestThreads, maxBodyBytes);
        return InferenceRoutes.addTo(
                table,
                host,
                proofs,
                new ChatCompletions(host, new ChatValidation(seeds), clock),
                new Completions(host, new CompletionValidation(seeds), clock));
    }
}
