package io.dipper.registry.catalogue;

import io.dipper.servicesupport.home.DipperHome;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/// The catalogue: its rows, files and routes.
@Configuration(proxyBeanMethods = false)
@Import({
    CatalogueStore.class,
    CatalogueReader.class,
    CatalogueController.class,
    ExportMemories.class,
    ModelRemoval.class
})
public class CatalogueConfiguration {
    @Bean
    ModelFolders modelFolders(DipperHome home) {
        return new ModelFolders(home);
    }
}
