package io.dipper.cli.offline;

import io.dipper.chat.template.RenderCases;
import io.dipper.chat.template.TemplateException;
import io.dipper.cli.Failure;
import io.dipper.cli.InputFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "render",
        description = "Renders a chat template on each case: what the model would see.",
        footer = "The clock is DIPPER_CLOCK (ISO 8601) where that is set.")
public final class RenderCommand extends OfflineCommand {
    private static final String CLOCK = "DIPPER_CLOCK";
    private static final int MOST_CASES_BYTES = 64 * InputFile.MIB;

    @Option(names = "--template", required = true, paramLabel = "FILE")
    Path template;

    @Option(names = "--cases", required = true, paramLabel = "FILE.jsonl", description = "a line a case: id, inputs")
    Path cases;

    @Override
    public Integer call() throws IOException {
        String source = InputFile.read(template, InputFile.MIB);
        String stated = InputFile.read(cases, MOST_CASES_BYTES);
        try {
            RenderCases.run(source, stated, cases.toString(), clock(System.getenv(CLOCK)), out());
        } catch (TemplateException e) {
            throw Failure.badInput(template + ": " + e.getMessage());
        }
        out().flush();
        return 0;
    }

    /// The machine's clock, or one that stands still.
    static Clock clock(String text) {
        if (text == null || text.isBlank()) {
            return Clock.system(ZoneId.systemDefault());
        }
        try {
            return Clock.fixed(LocalDateTime.parse(text).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
        } catch (DateTimeException e) {
            return withOffset(text);
        }
    }

    private static Clock withOffset(String text) {
        try {
            OffsetDateTime time = OffsetDateTime.parse(text);
            Instant instant = time.toInstant();
            return Clock.fixed(instant, time.getOffset());
        } catch (DateTimeException e) {
            throw Failure.badInput(CLOCK + " must be ISO 8601, such as 2026-03-07T09:05:03, given: " + text);
        }
    }
}
