package io.dipper.inference.support;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives tests one service with a scripted runner, which all of them share and none of them breaks.
public final class SharedService implements ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(SharedService.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == RunningService.class;
    }

    @Override
    public RunningService resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(RunningService.class, _ -> start(), RunningService.class);
    }

    private static RunningService start() {
        try {
            return RunningService.start(new ScriptedRunner(ExpectedCase.all()));
        } catch (Exception e) {
            throw new IllegalStateException("the service did not start", e);
        }
    }
}
