package io.dipper.benchmark.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.benchmark.Scenarios;
import io.dipper.benchmark.load.Outcome.Answered;
import io.dipper.benchmark.load.Outcome.Failed;
import io.dipper.benchmark.load.Outcome.Usage;
import io.dipper.benchmark.results.Results;
import io.dipper.benchmark.scenario.Scenario;
import io.dipper.benchmark.scenario.Schedule;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadGeneratorTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    private final Scenario scenario =
            Scenarios.of("{'model': 'm', 'rate': 200, 'arrivals': 'constant', 'count': 40, 'output': 3}");
    private final Schedule schedule = Schedule.of(scenario);
    private final Recorder recorder = new Recorder(schedule.requests());
    private final RunClock clock = new RunClock();

    @Test
    void requestsAreSentWhileEveryEarlierOneStillWaits() throws Exception {
        var all = new CountDownLatch(40);
        run(1000, LONG, (_, _, _) -> {
            all.countDown();
            // Were the load closed, the last request would never come and this would never open.
            assertThat(all.await(40, TimeUnit.SECONDS)).isTrue();
            return answer();
        });
        assertThat(results().requests().succeeded()).isEqualTo(40);
    }

    @Test
    void aStallIsChargedToEveryRequestThatWasDueMeanwhile() throws Exception {
        var lastIsDue = new CountDownLatch(1);
        var latencies = new ConcurrentHashMap<Integer, Long>();
        run(1000, LONG, (planned, _, _) -> {
            if (planned.index() == 39) {
                lastIsDue.countDown();
            }
            assertThat(lastIsDue.await(40, TimeUnit.SECONDS)).isTrue();
            latencies.put(planned.index(), clock.nowNs() - planned.atNs());
            return answer();
        });
        long lastAtNs = schedule.endNs();
        latencies.forEach((index, latencyNs) -> assertThat(latencyNs)
                .isGreaterThanOrEqualTo(
                        lastAtNs - schedule.requests().get(index).atNs()));
        assertThat(results().endToEnd().maxMs()).isGreaterThanOrEqualTo(lastAtNs / 1e6);
    }

    @Test
    void waitingForAFreeStreamCountsFromTheScheduledInstant() throws Exception {
        var underWay = new AtomicInteger();
        var most = new AtomicInteger();
        run(2, LONG, (planned, _, _) -> {
            most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
            if (planned.index() < 2) {
                // The first two hold both streams until the last request is due.
                clock.sleepUntil(schedule.endNs());
            }
            underWay.decrementAndGet();
            return answer();
        });
        assertThat(most).hasValue(2);
        Results results = results();
        assertThat(results.requests().succeeded()).isEqualTo(40);
        // Thirty-eight requests waited; half of them were due in the first half of the run.
        assertThat(results.ttft().p50Ms().value()).isGreaterThan(schedule.endNs() / 1e6 * 0.4);
        assertThat(results.lateness().p50Ms().value()).isGreaterThan(schedule.endNs() / 1e6 * 0.4);
    }

    @Test
    void whoeverWaitsPastTheDeadlineIsCountedAndNeverSent() throws Exception {
        var sent = new AtomicInteger();
        run(1, Duration.ofMillis(1), (_, _, deadlineNs) -> {
            sent.incrementAndGet();
            clock.sleepUntil(Math.max(deadlineNs, schedule.endNs()) + 5_000_000);
            return new Failed("timeout", 0, clock.nowNs(), 0);
        });
        assertThat(sent).hasValueLessThan(40);
        assertThat(results().errors()).isEqualTo(Map.of("timeout", 40));
        assertThat(results().requests().succeeded()).isZero();
    }

    @Test
    void anInterruptHangsUpOnWhatIsUnderWay() throws Exception {
        var reached = new CountDownLatch(10);
        var abandoned = new CountDownLatch(1);
        var forever = new CountDownLatch(1);
        var ended = new CountDownLatch(1);
        Thread running = Thread.ofVirtual().start(() -> {
            try {
                run(1000, LONG, (_, _, _) -> {
                    reached.countDown();
                    try {
                        forever.await();
                    } finally {
                        abandoned.countDown();
                    }
                    return answer();
                });
            } catch (InterruptedException e) {
                ended.countDown();
            }
        });
        reached.await();
        running.interrupt();
        ended.await();
        abandoned.await();
        assertThat(results().requests().succeeded()).isZero();
        assertThat(results().requests().failed()).isZero();
    }

    private void run(int streams, Duration timeout, Requester requester) throws InterruptedException {
        new LoadGenerator(requester, streams, timeout).run(schedule, clock, recorder);
    }

    private Results results() {
        return recorder.results(0, schedule.endNs());
    }

    private Answered answer() {
        long nowNs = clock.nowNs();
        return new Answered(nowNs, new long[] {nowNs, nowNs, nowNs}, nowNs, new Usage(5, 0, 3));
    }
}
