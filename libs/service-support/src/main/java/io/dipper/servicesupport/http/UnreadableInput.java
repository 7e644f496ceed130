package io.dipper.servicesupport.http;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.MissingRequestValueException;
import org.springframework.web.server.ServerWebInputException;

/// What Spring could not read of a request, by the field and with what it should have been. Spring's
/// own reasons name methods and classes, which are nobody's business.
final class UnreadableInput {
    private UnreadableInput() {}

    static ApiError describe(ServerWebInputException fault) {
        if (fault instanceof MissingRequestValueException missing) {
            return invalid(missing.getName() + " is required", missing.getName());
        }
        MethodParameter parameter = fault.getMethodParameter();
        if (parameter == null) {
            return invalid("the request cannot be read", null);
        }
        if (parameter.hasParameterAnnotation(RequestBody.class)) {
            return invalid(fault.getCause() == null ? "the body is empty" : "the body cannot be read", null);
        }
        String name = name(parameter);
        return fault.getCause() instanceof TypeMismatchException
                ? invalid(name + " must be " + WantedType.inWords(parameter.getParameterType()), name)
                : invalid(name + " cannot be read", name);
    }

    private static String name(MethodParameter parameter) {
        RequestParam query = parameter.getParameterAnnotation(RequestParam.class);
        PathVariable path = parameter.getParameterAnnotation(PathVariable.class);
        String stated = query != null ? query.name() : path != null ? path.name() : "";
        return stated.isEmpty() ? parameter.getParameter().getName() : stated;
    }

    private static ApiError invalid(String message, @Nullable String param) {
        return ApiException.badRequest(message, param).error();
    }
}
