package io.dipper.providers.springai;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.context.annotation.DeferredImportSelector;
import org.springframework.core.type.AnnotationMetadata;

/// The auto-configurations that Spring AI's starters on the class path bring, and no others: services
/// import what they need by name.
final class SpringAiStarters implements DeferredImportSelector {

    private static final String PACKAGE = "org.springframework.ai.";

    @Override
    public String[] selectImports(AnnotationMetadata importing) {
        return ImportCandidates.load(AutoConfiguration.class, SpringAiStarters.class.getClassLoader())
                .getCandidates()
                .stream()
                .filter(name -> name.startsWith(PACKAGE))
                .filter(name -> !name.contains(".embedding.") && !name.contains(".image."))
                .toArray(String[]::new);
    }
}
