package io.dipper.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressMeterTest {
    private final List<ProgressMeter.Reading> readings = new ArrayList<>();
    private long nowNs;

    private final ProgressMeter meter =
            new ProgressMeter(() -> nowNs, TimeUnit.MILLISECONDS.toNanos(500), readings::add);

    @Test
    void firstAndLastPassAndBetweenThemOneAnInterval() {
        for (int i = 0; i <= 100; i++) {
            meter.report("copy", i, 100);
            nowNs += TimeUnit.MILLISECONDS.toNanos(20);
        }
        assertThat(readings).extracting(ProgressMeter.Reading::done).containsExactly(0L, 25L, 50L, 75L, 100L);
        assertThat(readings.getFirst().unitsPerSecond()).isZero();
        assertThat(readings.getLast().unitsPerSecond()).isEqualTo(50);
    }

    @Test
    void aStepBackHasNoRateOfItsOwn() {
        meter.report("copy", 50, 100);
        nowNs += TimeUnit.SECONDS.toNanos(1);
        meter.report("copy", 80, 100);
        nowNs += TimeUnit.SECONDS.toNanos(1);
        meter.report("copy", 10, 100);

        assertThat(readings).extracting(ProgressMeter.Reading::unitsPerSecond).containsExactly(0.0, 30.0, 30.0);
    }
}
