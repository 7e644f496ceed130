package io.dipper.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class VectorMathTest {
    @Test
    void exponentialsAreGoodToAFewUnitsInTheLastPlace() {
        check(-87, 88, VectorMath::exp, Math::exp, 4e-7);
    }

    @Test
    void sigmoidAndTanhAreGoodToAFewUnitsInTheLastPlace() {
        check(-80, 80, VectorMath::sigmoid, x -> 1 / (1 + Math.exp(-x)), 5e-7);
        check(-20, 20, VectorMath::tanh, Math::tanh, 2e-6);
    }

    @Test
    void whatIsHiddenWeighsNothing() {
        assertThat(one(VectorMath::exp, Float.NEGATIVE_INFINITY)).isZero();
        assertThat(one(VectorMath::exp, -1000f)).isZero();
        assertThat(one(VectorMath::exp, 0f)).isEqualTo(1f);
    }

    private static void check(
            float from, float to, UnaryOperator<FloatVector> function, DoubleUnaryOperator exact, double tolerance) {
        for (int i = 0; i <= 10_000; i++) {
            float x = from + (to - from) * i / 10_000;
            double expected = exact.applyAsDouble(x);
            assertThat(Math.abs(one(function, x) - expected))
                    .as("at %s", x)
                    .isLessThanOrEqualTo(tolerance * Math.abs(expected) + 1e-38);
        }
    }

    private static float one(UnaryOperator<FloatVector> function, float x) {
        return function.apply(FloatVector.broadcast(Memory.LANES, x)).lane(0);
    }
}
