package io.dipper.onnxgraph;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtoWriterTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0800",
        "1, 0801",
        "127, 087f",
        "128, 088001",
        "300, 08ac02",
        "-1, 08ffffffffffffffffff01",
        "9223372036854775807, 08ffffffffffffffff7f",
        "-9223372036854775808, 0880808080808080808001",
    })
    void varintsHaveTheirPinnedBytes(long value, String hex) {
        assertThat(hex(new ProtoWriter().varint(1, value))).isEqualTo(hex);
    }

    @Test
    void fieldsAboveFifteenTakeATwoByteTag() {
        assertThat(hex(new ProtoWriter().varint(20, 2))).isEqualTo("a00102");
    }

    @Test
    void emptyTextBytesAndMessagesAreWrittenWithLengthZero() {
        assertThat(hex(new ProtoWriter().text(1, ""))).isEqualTo("0a00");
        assertThat(hex(new ProtoWriter().bytes(9, ByteBuffer.allocate(0)))).isEqualTo("4a00");
        assertThat(hex(new ProtoWriter().message(2, _ -> {}))).isEqualTo("1200");
    }

    @Test
    void textIsUtf8() {
        assertThat(hex(new ProtoWriter().text(2, "aé"))).isEqualTo("120361c3a9");
    }

    @Test
    void floatsAreLittleEndian() {
        assertThat(hex(new ProtoWriter().fixed32(2, 1f))).isEqualTo("150000803f");
        assertThat(hex(new ProtoWriter().fixed32(2, -0f))).isEqualTo("1500000080");
    }

    @Test
    void messagesLongerThan127BytesTakeATwoByteLength() {
        var bytes = new ProtoWriter()
                .message(1, inner -> inner.bytes(1, ByteBuffer.allocate(1000)))
                .toByteArray();
        assertThat(bytes).hasSize(1 + 2 + 1 + 2 + 1000);
        assertThat(HexFormat.of().formatHex(bytes, 0, 6)).isEqualTo("0aeb070ae807");
    }

    private static String hex(ProtoWriter writer) {
        return HexFormat.of().formatHex(writer.toByteArray());
    }
}
