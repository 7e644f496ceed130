package io.dipper.servicesupport;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void aPauseIsTwiceTheOneBeforeUntilThingsWentWell() throws InterruptedException {
        var backoff = new Backoff();
        assertThat(backoff.next()).hasMillis(500);
        backoff.pause();
        assertThat(backoff.next()).hasMillis(1000);
        backoff.startOver();
        assertThat(backoff.next()).hasMillis(500);
    }
}
