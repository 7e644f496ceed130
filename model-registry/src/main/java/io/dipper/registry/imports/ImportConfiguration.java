package io.dipper.registry.imports;

import io.dipper.checkpoint.hub.HubCache;
import io.dipper.checkpoint.hub.HubSettings;
import io.dipper.registry.catalogue.CatalogueStore;
import io.dipper.registry.catalogue.ModelFolders;
import java.util.HashMap;
import java.util.Map;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/// Imports: their rows, routes and workers.
@Configuration(proxyBeanMethods = false)
@Import({ImportStore.class, ImportController.class})
public class ImportConfiguration {
    @Bean
    HubSettings hubSettings(Environment environment) {
        Map<String, String> variables = new HashMap<>();
        for (String name : HubSettings.VARIABLES) {
            String value = environment.getProperty(name);
            if (value != null) {
                variables.put(name, value);
            }
        }
        return HubSettings.from(variables);
    }

    @Bean
    ImportWorkers importWorkers(
            ImportStore store, CatalogueStore catalogue, ModelFolders folders, HubSettings settings) {
        return new ImportWorkers(store, new ImportTask.Tools(catalogue, folders, new HubCache(settings)));
    }
}
