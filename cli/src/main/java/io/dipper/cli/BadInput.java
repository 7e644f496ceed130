package io.dipper.cli;

import io.dipper.chat.template.TemplateException;
import io.dipper.engine.DeviceFullException;
import io.dipper.operators.cuda.CudaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.sql.SQLException;
import org.springframework.beans.BeansException;
import org.springframework.beans.TypeMismatchException;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.core.convert.ConversionException;
import org.springframework.util.PlaceholderResolutionException;
import org.yaml.snakeyaml.error.YAMLException;
import tools.jackson.core.JacksonException;

/// Which exceptions say that what a command was given, or finds where it runs, is not fit for it. For one
/// chain of causes, asked from the outermost on.
final class BadInput {
    /// Beans refuse settings by an [IllegalArgumentException], which is a fault of our own elsewhere.
    private boolean isOfBean;

    boolean isMeantBy(Throwable cause) {
        isOfBean |= cause instanceof BeansException;
        return switch (cause) {
            // Files, networks, databases.
            case IOException _, UncheckedIOException _, SQLException _ -> true;
            // Texts that are not what they should be.
            case JacksonException _, YAMLException _, TemplateException _, InvalidPathException _ -> true;
            // Settings of another kind than they have.
            case BindException _, ConversionException _, TypeMismatchException _, PlaceholderResolutionException _ ->
                true;
            case IllegalArgumentException _ -> isOfBean;
            // A card that is not there, or has not the room.
            case CudaException _, DeviceFullException _ -> true;
            // Somebody ended the command.
            case InterruptedException _ -> true;
            default -> false;
        };
    }
}
