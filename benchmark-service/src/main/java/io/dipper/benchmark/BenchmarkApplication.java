package io.dipper.benchmark;

import io.dipper.benchmark.runs.RunController;
import io.dipper.benchmark.runs.RunStore;
import io.dipper.benchmark.runs.RunWorker;
import io.dipper.benchmark.web.GatewayConfiguration;
import io.dipper.benchmark.web.OpenApiConfiguration;
import io.dipper.servicesupport.ServiceBootstrap;
import io.dipper.servicesupport.WebService;
import io.dipper.servicesupport.WithDatabase;
import java.util.Map;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;

/// The benchmark service: puts a load on the platform from outside, as its users would, and keeps
/// what it measured.
@WebService
@WithDatabase
@Import({RunStore.class, RunWorker.class, RunController.class, GatewayConfiguration.class, OpenApiConfiguration.class})
public class BenchmarkApplication {
    public static ConfigurableApplicationContext start(Map<String, Object> properties) {
        return ServiceBootstrap.start(BenchmarkApplication.class, "benchmark", properties);
    }
}
