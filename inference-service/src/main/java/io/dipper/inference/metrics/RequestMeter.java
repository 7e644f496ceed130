package io.dipper.inference.metrics;

import java.util.concurrent.TimeUnit;

/// Times one request. Belongs to the request's thread.
public final class RequestMeter {
    private static final long NONE = Long.MIN_VALUE;

    private final ModelMeters.Instruments instruments;
    private final ModelMeters.OperationInstruments operation;
    private final long startNs;
    private final long[] lastTokenNs;
    private boolean hasToken;

    RequestMeter(
            ModelMeters.Instruments instruments,
            ModelMeters.OperationInstruments operation,
            long startNs,
            int sequences) {
        this.instruments = instruments;
        this.operation = operation;
        this.startNs = startNs;
        this.lastTokenNs = new long[sequences];
        java.util.Arrays.fill(lastTokenNs, NONE);
    }

    /// A token of this sequence came.
    public void token(int sequence) {
        long nowNs = System.nanoTime();
        if (!hasToken) {
            hasToken = true;
            instruments.timeToFirstToken().record(nowNs - startNs, TimeUnit.NANOSECONDS);
            operation.timeToFirstToken().record(nowNs - startNs, TimeUnit.NANOSECONDS);
        }
        if (lastTokenNs[sequence] != NONE) {
            instruments.interToken().record(nowNs - lastTokenNs[sequence], TimeUnit.NANOSECONDS);
            operation.timePerOutputToken().record(nowNs - lastTokenNs[sequence], TimeUnit.NANOSECONDS);
        }
        lastTokenNs[sequence] = nowNs;
    }

    public void queued(long queuedNs) {
        instruments.queue().record(queuedNs, TimeUnit.NANOSECONDS);
    }

    /// The request has ended, however it did. To be called before its answer is complete at the
    /// client, so that who has read an answer finds it counted.
    public void finish(int promptTokens, int completionTokens) {
        long tookNs = System.nanoTime() - startNs;
        instruments.promptTokens().increment(promptTokens);
        instruments.generationTokens().increment(completionTokens);
        instruments.endToEnd().record(tookNs, TimeUnit.NANOSECONDS);
        operation.requestDuration().record(tookNs, TimeUnit.NANOSECONDS);
        operation.inputTokens().record(promptTokens);
        operation.outputTokens().record(completionTokens);
    }
}
