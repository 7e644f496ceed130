package io.dipper.cli.designs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The published comparison is what the product computes today: `./dipper designs --out docs`
/// writes it anew.
class DesignsPageTest {
    private static final Path DOCS = Path.of("..", "docs");

    @Test
    void thePageIsWhatTheTreesSay() throws IOException {
        assertThat(DesignsPage.print()).isEqualTo(Files.readString(DOCS.resolve("designs.md")));
    }

    @Test
    void thePicturesAreWhatTheTreesSay() throws IOException {
        for (var picture : DesignPictures.print().entrySet()) {
            Path file = DOCS.resolve("designs").resolve(picture.getKey() + ".svg");
            assertThat(picture.getValue()).as(picture.getKey()).isEqualTo(Files.readString(file));
        }
    }
}
