package io.dipper.gateway;

import io.dipper.gateway.keys.KeyConfiguration;
import io.dipper.gateway.relay.RelayConfiguration;
import io.dipper.gateway.routing.RoutingConfiguration;
import io.dipper.gateway.web.WebConfiguration;
import io.dipper.servicesupport.ServiceBootstrap;
import io.dipper.servicesupport.WebService;
import io.dipper.servicesupport.WithDatabase;
import java.util.Map;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;

/// The only door for clients: knows keys, finds who serves a model, and passes requests on.
@WebService
@WithDatabase
@Import({KeyConfiguration.class, RoutingConfiguration.class, RelayConfiguration.class, WebConfiguration.class})
public class GatewayApplication {

    public static ConfigurableApplicationContext start(Map<String, Object> properties) {
        return ServiceBootstrap.start(GatewayApplication.class, "gateway", properties);
    }
}
