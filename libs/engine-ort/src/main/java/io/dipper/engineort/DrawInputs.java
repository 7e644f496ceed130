package io.dipper.engineort;

import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Row;
import io.dipper.engine.plan.SeenTokens;
import io.dipper.engine.plan.Sequence;

/// The sampler's inputs for a plan: one entry a draw, penalties and biases as ragged lists.
final class DrawInputs implements AutoCloseable {
    static final int FLOATS = 6;
    static final int INTS = 5;

    final NativeBuffer floats = new NativeBuffer();
    final NativeBuffer ints = new NativeBuffer();
    final NativeBuffer penaltyStarts = new NativeBuffer();
    final NativeBuffer penaltyIds = new NativeBuffer();
    final NativeBuffer penaltyCounts = new NativeBuffer();
    final NativeBuffer biasStarts = new NativeBuffer();
    final NativeBuffer biasIds = new NativeBuffer();
    final NativeBuffer biasValues = new NativeBuffer();

    void fill(Plan plan) {
        fill(plan, Padding.NONE);
    }

    void fill(Plan plan, Padding padding) {
        floats.clear();
        ints.clear();
        penaltyStarts.clear().put(0);
        penaltyIds.clear();
        penaltyCounts.clear();
        biasStarts.clear().put(0);
        biasIds.clear();
        biasValues.clear();
        for (Row row : plan.rows()) {
            for (int offset = row.firstDraw(); offset < row.count(); offset++) {
                append(row.sequence(), row.generatedBefore(offset), row.forcedId(offset));
            }
        }
        for (int draw = plan.draws(); draw < padding.rows(); draw++) {
            appendForced();
        }
    }

    int penalties() {
        return (int) (penaltyIds.size() / Integer.BYTES);
    }

    int biases() {
        return (int) (biasIds.size() / Integer.BYTES);
    }

    /// A draw of id 0 that nobody asks for.
    private void appendForced() {
        for (int i = 0; i < FLOATS; i++) {
            floats.put(0f);
        }
        ints.put(0L);
        ints.put(0L);
        ints.put(0L);
        ints.put((long) Sampling.NO_LOGPROBS);
        ints.put(0L);
        penaltyStarts.put(penalties());
        biasStarts.put(biases());
    }

    private void append(Sequence sequence, int generated, int forcedId) {
        Sampling sampling = sequence.submission().sampling();
        floats.put(sampling.temperature());
        floats.put(sampling.topP());
        floats.put(sampling.minP());
        floats.put(sampling.presencePenalty());
        floats.put(sampling.frequencyPenalty());
        floats.put(sampling.repetitionPenalty());
        ints.put(sampling.seed());
        ints.put((long) generated);
        ints.put((long) sampling.topK());
        ints.put((long) sampling.topLogprobs());
        ints.put((long) forcedId);
        if (forcedId == Row.FREE) {
            appendPenalties(sequence);
            appendBiases(sequence, generated);
        }
        penaltyStarts.put(penalties());
        biasStarts.put(biases());
    }

    private void appendPenalties(Sequence sequence) {
        SeenTokens seen = sequence.seen();
        if (seen != null) {
            for (int i = 0; i < seen.size(); i++) {
                penaltyIds.put(seen.id(i));
                penaltyCounts.put(seen.count(i));
            }
        }
    }

    private void appendBiases(Sequence sequence, int generated) {
        Submission submission = sequence.submission();
        Sampling sampling = submission.sampling();
        for (int i = 0; i < sampling.biasIds().length; i++) {
            biasIds.put(sampling.biasIds()[i]);
            biasValues.put(sampling.biasValues()[i]);
        }
        if (!submission.ignoreEnd() && generated < sampling.minTokens()) {
            for (int end : submission.endIds()) {
                biasIds.put(end);
                biasValues.put(Float.NEGATIVE_INFINITY);
            }
        }
    }

    @Override
    public void close() {
        floats.close();
        ints.close();
        penaltyStarts.close();
        penaltyIds.close();
        penaltyCounts.close();
        biasStarts.close();
        biasIds.close();
        biasValues.close();
    }
}
