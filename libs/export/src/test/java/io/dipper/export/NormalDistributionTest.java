package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class NormalDistributionTest {
    @Test
    void quantilesAreThoseOfTheTables() {
        assertThat(NormalDistribution.quantile(0.5)).isZero();
        assertThat(NormalDistribution.quantile(0.95)).isCloseTo(1.6448536269514722, within(1e-12));
        assertThat(NormalDistribution.quantile(0.05)).isCloseTo(-1.6448536269514722, within(1e-12));
        assertThat(NormalDistribution.quantile(0.999999)).isCloseTo(4.753424308822899, within(1e-9));
    }

    @Test
    void aShareOfAllOrNothingHasNone() {
        assertThatThrownBy(() -> NormalDistribution.quantile(1)).hasMessageContaining("1.0");
        assertThatThrownBy(() -> NormalDistribution.quantile(0)).hasMessageContaining("0.0");
    }
}
