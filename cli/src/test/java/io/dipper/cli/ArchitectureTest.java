package io.dipper.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// The arrows between modules, as ARCHITECTURE.md draws them.
@AnalyzeClasses(packages = "io.dipper", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] SERVICES = {
        "io.dipper.gateway..", "io.dipper.inference..", "io.dipper.registry..", "io.dipper.benchmark.."
    };

    @ArchTest
    static void leavesKnowNoOtherModule(JavaClasses imported) {
        for (String leaf :
                new String[] {"transformer", "onnxgraph", "checkpoint", "onnxruntime", "engine", "chat", "openaiapi"}) {
            String own = "io.dipper." + leaf + "..";
            noClasses()
                    .that()
                    .resideInAPackage(own)
                    .should()
                    .dependOnClassesThat(com.tngtech.archunit.base.DescribedPredicate.describe(
                            "belong to another module",
                            type -> type.getPackageName().startsWith("io.dipper.")
                                    && !(type.getPackageName() + ".").startsWith("io.dipper." + leaf + ".")))
                    .allowEmptyShould(true)
                    .check(imported);
        }
    }

    @ArchTest
    static final ArchRule librariesKnowNoFramework = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.dipper.transformer..",
                    "io.dipper.onnxgraph..",
                    "io.dipper.checkpoint..",
                    "io.dipper.export..",
                    "io.dipper.onnxruntime..",
                    "io.dipper.operators..",
                    "io.dipper.engine..",
                    "io.dipper.engineort..",
                    "io.dipper.chat..",
                    "io.dipper.openaiapi..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..", "reactor..")
            .allowEmptyShould(true);

    @ArchTest
    static void noServiceImportsAnother(JavaClasses imported) {
        for (String service : SERVICES) {
            String[] others = java.util.Arrays.stream(SERVICES)
                    .filter(other -> !other.equals(service))
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(service)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(others)
                    .allowEmptyShould(true)
                    .check(imported);
        }
    }

    @ArchTest
    static final ArchRule theOnlyWayToOnnxRuntimeIsItsModule = classes()
            .that()
            .resideInAPackage("io.dipper.onnxruntime..")
            .should()
            .onlyBeAccessed()
            .byAnyPackage(
                    "io.dipper.onnxruntime..", "io.dipper.operators..", "io.dipper.engineort..", "io.dipper.cli..");
}
