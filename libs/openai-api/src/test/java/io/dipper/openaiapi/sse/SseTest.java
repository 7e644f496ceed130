package io.dipper.openaiapi.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SseTest {
    @Test
    void frames_are_written_as_clients_know_them() {
        assertThat(text(SseFrames.data(Map.of("a", "ä\n")))).isEqualTo("data: {\"a\":\"ä\\n\"}\n\n");
        assertThat(text(SseFrames.done())).isEqualTo("data: [DONE]\n\n");
        assertThat(text(SseFrames.comment("ping"))).isEqualTo(": ping\n\n");
    }

    @Test
    void frames_are_found_wherever_the_stream_is_cut() {
        String stream = "data: {\"a\":1}\n\n: ping\n\nevent: x\ndata: 🦊\ndata:two\r\n\r\ndata: [DONE]\n\n";
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            var reader = new SseReader();
            List<SseFrame> frames = new ArrayList<>(reader.accept(bytes, 0, cut));
            frames.addAll(reader.accept(bytes, cut, bytes.length - cut));
            assertThat(reader.isAtFrameEnd()).isTrue();
            assertThat(frames).hasSize(4);
            assertThat(frames.get(0).data()).contains("{\"a\":1}");
            assertThat(frames.get(1).data()).isEmpty();
            assertThat(frames.get(2).event()).contains("x");
            assertThat(frames.get(2).data()).contains("🦊\ntwo");
            assertThat(frames.get(3).isDone()).isTrue();
        }
    }

    @Test
    void frames_joined_are_the_stream_to_the_byte() {
        var random = new Random(7);
        String[] parts = {"\n", "\r", "\r\n", "data: x", ":", "\n\n", "\r\n\r\n", "id"};
        for (int round = 0; round < 500; round++) {
            var stream = new StringBuilder();
            for (int i = 0; i < 12; i++) {
                stream.append(parts[random.nextInt(parts.length)]);
            }
            var joined = new ByteArrayOutputStream();
            var reader = new SseReader();
            for (byte b : stream.toString().getBytes(StandardCharsets.UTF_8)) {
                reader.accept(new byte[] {b}).forEach(frame -> joined.writeBytes(frame.raw()));
            }
            joined.writeBytes(reader.rest());
            assertThat(joined.toString(StandardCharsets.UTF_8)).isEqualTo(stream.toString());
        }
    }

    @Test
    void a_frame_without_end_is_held_back_and_bounded() {
        var reader = new SseReader(16);
        assertThat(reader.accept("data: half".getBytes(StandardCharsets.UTF_8))).isEmpty();
        assertThat(reader.isAtFrameEnd()).isFalse();
        assertThat(text(reader.rest())).isEqualTo("data: half");
        assertThatIllegalStateException().isThrownBy(() -> reader.accept(new byte[16]));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
