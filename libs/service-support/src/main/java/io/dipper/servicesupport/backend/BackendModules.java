package io.dipper.servicesupport.backend;

import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.context.annotation.ImportSelector;
import org.springframework.core.type.AnnotationMetadata;

/// Imports what backends' modules on the class path bring: the configurations that they name in
/// `META-INF/spring/io.dipper.servicesupport.backend.BackendModule.imports`.
public final class BackendModules implements ImportSelector {

    @Override
    public String[] selectImports(AnnotationMetadata importing) {
        return ImportCandidates.load(BackendModule.class, BackendModules.class.getClassLoader())
                .getCandidates()
                .toArray(String[]::new);
    }
}
