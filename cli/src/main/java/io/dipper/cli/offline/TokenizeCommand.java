package io.dipper.cli.offline;

import io.dipper.chat.tokenizer.TokenizeLines;
import io.dipper.chat.tokenizer.Tokenizer;
import io.dipper.cli.Failure;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "tokenize",
        description = "Reads lines of JSON from standard input: {text} becomes {ids}, {ids} becomes {text}.")
public final class TokenizeCommand extends OfflineCommand {
    @Option(names = "--tokenizer", required = true, paramLabel = "tokenizer.json")
    Path tokenizer;

    @Option(names = "--add-special", description = "adds the special tokens that a prompt begins with")
    boolean addSpecial;

    @Override
    public Integer call() throws IOException {
        try (Tokenizer opened = Tokenizer.open(tokenizer);
                var in = new InputStreamReader(System.in, StandardCharsets.UTF_8.newDecoder())) {
            TokenizeLines.run(opened, addSpecial, in, out());
        } catch (CharacterCodingException _) {
            throw Failure.badInput("standard input is not UTF-8");
        }
        out().flush();
        return 0;
    }
}
