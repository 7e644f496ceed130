package io.dipper.inference.support;

import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives tests one service with dipper-mini on ONNX Runtime, as it is in production, which all of
/// them share.
public final class RealService implements ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(RealService.class);

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
            return RunningService.startReal(Map.of());
        } catch (Exception e) {
            throw new IllegalStateException("the service did not start", e);
        }
    }
}
