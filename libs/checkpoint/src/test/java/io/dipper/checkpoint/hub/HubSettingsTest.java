package io.dipper.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubSettingsTest {
    @Test
    void anEmptyEnvironmentMeansThePublicHub() {
        HubSettings settings = HubSettings.from(Map.of("HF_TOKEN_PATH", "/nonexistent", "HF_HUB_OFFLINE", " "));

        assertThat(settings.endpoint()).isEqualTo(URI.create("https://huggingface.co"));
        assertThat(settings.token()).isEmpty();
        assertThat(settings.offline()).isFalse();
        assertThat(settings.cache())
                .isEqualTo(Path.of(System.getProperty("user.home"), ".cache", "huggingface", "hub"));
    }

    @Test
    void everyVariableIsRead(@TempDir Path home) throws IOException {
        Files.writeString(home.resolve("token"), "hf_stored\n");
        Map<String, String> environment =
                Map.of("HF_ENDPOINT", "http://mirror:8000/", "HF_HUB_OFFLINE", "true", "HF_HOME", home.toString());

        assertThat(HubSettings.from(environment))
                .isEqualTo(new HubSettings(
                        URI.create("http://mirror:8000"), Optional.of("hf_stored"), true, home.resolve("hub")));
        assertThat(HubSettings.from(Map.of("HF_HUB_CACHE", "/c", "HF_TOKEN", "hf_given")))
                .extracting(HubSettings::cache, HubSettings::token)
                .containsExactly(Path.of("/c"), Optional.of("hf_given"));
        assertThat(HubSettings.from(Map.of("XDG_CACHE_HOME", "/x")).cache()).isEqualTo(Path.of("/x/huggingface/hub"));
    }

    @Test
    void aTokenIsNeverPrinted() {
        assertThat(HubSettings.from(Map.of("HF_TOKEN", "hf_secret")).toString())
                .contains("token=set")
                .doesNotContain("hf_secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://x", "huggingface.co", "file:///etc"})
    void anEndpointMustBeHttp(String endpoint) {
        assertThatThrownBy(() -> HubSettings.from(Map.of("HF_ENDPOINT", endpoint)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("HF_ENDPOINT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Qwen/Qwen3-0.6B", "gpt2", "a/b", "org.x/name_y"})
    void namesOfRepositoriesAreTaken(String id) {
        assertThat(new HubRepo(id).id()).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "a/", "a/b/c", "../x", "a/..", "a--b", "a/b c", "-a/b", "a/.b", "a%2f/b"})
    void namesThatCouldLeadElsewhereAreNot(String id) {
        assertThatThrownBy(() -> new HubRepo(id)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../main", "/main", "a//b", "refs/", "a b", "a?b"})
    void revisionsThatCouldLeadElsewhereAreNotTaken(String revision) {
        assertThat(HubClient.isRevision(revision)).isFalse();
    }
}
