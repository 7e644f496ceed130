package io.dipper.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FloatsTest {
    @Test
    void everyBf16PatternDecodesToItsFloat() {
        float[] decoded = Floats.decode(StoredType.BF16, allPatterns());
        for (int i = 0; i < 65536; i++) {
            assertThat(Float.floatToRawIntBits(decoded[i])).isEqualTo(i << 16);
        }
    }

    @Test
    void everyF16PatternDecodesToItsFloat() {
        float[] decoded = Floats.decode(StoredType.F16, allPatterns());
        for (int i = 0; i < 65536; i++) {
            assertThat(Float.floatToIntBits(decoded[i]))
                    .isEqualTo(Float.floatToIntBits(Float.float16ToFloat((short) i)));
        }
    }

    @Test
    void float8HasTheValuesOfItsDefinition() {
        byte[] patterns = {0, 1, 7, 8, 0x38, 0x7e, 0x7f, (byte) 0x80, (byte) 0xb8, (byte) 0xfe};
        assertThat(Floats.decode(StoredType.F8_E4M3, MemorySegment.ofArray(patterns)))
                .containsExactly(0, 0x1p-9f, 7 * 0x1p-9f, 0x1p-6f, 1, 448, Float.NaN, -0.0f, -1, -448);
        assertThat(Floats.decode(StoredType.F8_E5M2, MemorySegment.ofArray(new byte[] {0x3c, 0x7b, 0x7c, 1})))
                .containsExactly(1, 57344, Float.POSITIVE_INFINITY, 0x1p-16f);
        assertThat(Floats.decode(StoredType.F8_E8M0, MemorySegment.ofArray(new byte[] {0, 127, (byte) 128, -1})))
                .containsExactly(0x1p-127f, 1, 2, Float.NaN);
    }

    @Test
    void encodingRoundsToTheNearestAndTiesToEven() {
        var random = new Random(7);
        for (int i = 0; i < 100_000; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            float back = Float.intBitsToFloat(Floats.toBf16(value) << 16);
            if (Float.isNaN(value)) {
                assertThat(back).isNaN();
                continue;
            }
            int low = Float.floatToRawIntBits(value) & 0xffff0000;
            float below = Float.intBitsToFloat(low);
            float above = Float.intBitsToFloat(low + 0x10000);
            assertThat(back == below || back == above).isTrue();
            if (Float.isFinite(above)) {
                assertThat(Math.abs((double) back - value)).isLessThanOrEqualTo(Math.abs(((double) above - below) / 2));
            }
        }
        assertThat(Floats.toBf16(Float.intBitsToFloat(0x3f808000))).isEqualTo((short) 0x3f80);
        assertThat(Floats.toBf16(Float.intBitsToFloat(0x3f818000))).isEqualTo((short) 0x3f82);
        assertThat(Floats.toBf16(Float.intBitsToFloat(0x7f800001))).isEqualTo((short) 0x7fc0);
    }

    @Test
    void decodingWorksAtOddAddressesAndOverChunkBorders() {
        int values = 10_001;
        byte[] bytes = new byte[2 * values + 1];
        new Random(3).nextBytes(bytes);
        MemorySegment odd = MemorySegment.ofArray(bytes).asSlice(1);

        float[] decoded = Floats.decode(StoredType.BF16, odd);

        assertThat(decoded).hasSize(values);
        for (int i = 0; i < values; i++) {
            int pattern = (bytes[1 + 2 * i] & 0xff) | (bytes[2 + 2 * i] & 0xff) << 8;
            assertThat(Float.floatToRawIntBits(decoded[i])).isEqualTo(pattern << 16);
        }
    }

    @Test
    void whatHoldsNoFloatsOrHasNoRoomIsRefused() {
        MemorySegment eight = MemorySegment.ofArray(new byte[8]);
        MemorySegment one = MemorySegment.ofArray(new float[1]);

        assertThatThrownBy(() -> Floats.decode(StoredType.I64, eight, one, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("I64");
        assertThatThrownBy(() -> Floats.decode(StoredType.BF16, eight, one, 2))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Floats.decode(StoredType.F32, eight, one, -1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static MemorySegment allPatterns() {
        short[] patterns = new short[65536];
        for (int i = 0; i < patterns.length; i++) {
            patterns[i] = (short) i;
        }
        return MemorySegment.ofArray(patterns);
    }
}
