package io.dipper.registry;

import io.dipper.registry.catalogue.CatalogueConfiguration;
import io.dipper.registry.designs.DesignConfiguration;
import io.dipper.registry.endpoints.EndpointController;
import io.dipper.registry.endpoints.EndpointStore;
import io.dipper.registry.imports.ImportConfiguration;
import io.dipper.registry.proofs.ProofConfiguration;
import io.dipper.registry.web.OpenApiConfiguration;
import io.dipper.servicesupport.ServiceBootstrap;
import io.dipper.servicesupport.WebService;
import io.dipper.servicesupport.WithDatabase;
import java.util.Map;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;

/// The registry: which models there are and what they are like, how they came in, and who serves
/// them.
@WebService
@WithDatabase
@Import({
    CatalogueConfiguration.class,
    DesignConfiguration.class,
    EndpointStore.class,
    EndpointController.class,
    ImportConfiguration.class,
    ProofConfiguration.class,
    OpenApiConfiguration.class
})
public class RegistryApplication {
    public static ConfigurableApplicationContext start(Map<String, Object> properties) {
        return ServiceBootstrap.start(RegistryApplication.class, "registry", properties);
    }
}
