// Sample: a row of logits to an id, by a cluster of blocks, or by one block. The law is the Java form: what is kept is a
// prefix of the ids ordered by falling logit, then rising id; the draw is a race of exponential numbers from Philox, in
// double. Equal rows draw equal ids.

#include "row_of_logits.cuh"
#include "cut.cuh"

#define IMPOSSIBLE (-9999.0f)

struct Parameters {
    float temperature, top_p, min_p, presence, frequency, repetition;
    long long seed, position;
    int top_k, top_logprobs, forced;
};

__device__ Parameters read(const float* floats, const long long* ints) {
    Parameters p;
    p.temperature = floats[0];
    p.top_p = floats[1];
    p.min_p = floats[2];
    p.presence = floats[3];
    p.frequency = floats[4];
    p.repetition = floats[5];
    p.seed = ints[0];
    p.position = ints[1];
    p.top_k = (int)ints[2];
    p.top_logprobs = (int)ints[3];
    p.forced = (int)ints[4];
    return p;
}

__device__ __forceinline__ bool is_greedy(const Parameters& p) {
    return p.temperature == 0.0f || p.top_k == 1 || p.min_p >= 1.0f || p.top_p <= 0.0f;
}

__device__ double uniform(const Parameters& p, int id) {
    unsigned block[4] = {(unsigned)id, (unsigned)p.position, (unsigned)((wide)p.position >> 32), 0u};
    unsigned key0 = (unsigned)p.seed;
    unsigned key1 = (unsigned)((wide)p.seed >> 32);
#pragma unroll
    for (int round = 0; round < 10; round++) {
        unsigned high0 = __umulhi(0xD2511F53u, block[0]);
        unsigned low0 = 0xD2511F53u * block[0];
        unsigned high1 = __umulhi(0xCD9E8D57u, block[2]);
        unsigned low1 = 0xCD9E8D57u * block[2];
        unsigned next0 = high1 ^ block[1] ^ key0;
        unsigned next2 = high0 ^ block[3] ^ key1;
        block[0] = next0;
        block[1] = low1;
        block[2] = next2;
        block[3] = low0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return ((double)block[0] + 1.0) * 2.3283064365386963e-10;
}

// The fastest of a race; of equals the one that came first.
struct Winner {
    double time = __longlong_as_double(0x7ff0000000000000LL);
    int id = -1;

    __device__ __forceinline__ void see(const Parameters& p, double weight, int candidate) {
        if (weight > 0 && weight >= (double)p.min_p) {
            double taken = -log(uniform(p, candidate)) / weight;
            if (taken < time) {
                time = taken;
                id = candidate;
            }
        }
    }

    // Times are not negative: their bits are ordered as they are. The complement makes the least the most.
    __device__ __forceinline__ wide rank() const {
        return id < 0 ? 0 : ~(wide)__double_as_longlong(time + 0.0);
    }
};

// The winner among those that the first block has listed. For that block alone.
__device__ __noinline__ int race_of_listed(const Parameters& p, const Weights& weights, const Cut& cut, bool counted) {
    int count = counted ? min(cut.listed, p.top_k) : cut.listed;
    double own[LISTED_A_THREAD];
    listed_weights(count, weights, own);
    int kept = count;
    if (p.top_p < 1.0f) {
        double total = cut.total;
        if (counted) {
            double sum = 0;
#pragma unroll
            for (int j = 0; j < LISTED_A_THREAD; j++) {
                sum += own[j];
            }
            block_prefix(sum, (double*)shared.room, total);
            __syncthreads();
        }
        kept = nucleus(count, own, 0, (double)p.top_p * total);
    }
    Winner winner;
    int place = 0;
#pragma unroll
    for (int j = 0; j < LISTED_A_THREAD; j++) {
        int at = threadIdx.x * LISTED_A_THREAD + j;
        if (at < kept) {
            int before = winner.id;
            winner.see(p, own[j], id_of(shared.list[at]));
            place = winner.id != before ? at : place;
        }
    }
    wide best = block_most(winner.rank(), shared.room);
    wide first = block_most(best != 0 && winner.rank() == best ? (unsigned)~place : 0u, shared.room);
    return id_of(shared.list[best == 0 ? 0 : ~(unsigned)first]);
}

__device__ int choose(
        Progress& progress, const Parameters& p, const Part& part, const Most& most, int vocabulary) {
    if (is_greedy(p)) {
        return most.id;
    }
    int favourite = id_of(most.first);
    if (!(fabsf(most.logit) < INFINITE)) {
        return favourite;
    }
    Weights weights;
    weights.most = most.logit;
    weights.inverse = 1.0 / (double)p.temperature;
    wide last = 0;
    if (p.top_k > 0 && p.top_k < vocabulary) {
        Cut kept = cut(progress, part, weights, most.logit, 0, p.top_k, false, 1, vocabulary);
        if (kept.listed > 0) {
            return part.rank == 0 ? race_of_listed(p, weights, kept, true) : 0;
        }
        last = kept.last;
    }
    if (p.top_p < 1.0f) {
        Cut kept = cut(progress, part, weights, most.logit, last, 0, true, p.top_p, vocabulary);
        if (kept.listed > 0) {
            return part.rank == 0 ? race_of_listed(p, weights, kept, false) : 0;
        }
        last = kept.last;
    }
    Winner winner;
#pragma unroll 2
    for (int i = threadIdx.x; i < part.count; i += THREADS) {
        float logit = part.at(i);
        if (place_of(key_of(logit), part.first + i) >= last) {
            winner.see(p, weights.of(logit), part.first + i);
        }
    }
    wide best = block_most(winner.rank(), shared.room);
    wide first = block_most(best != 0 && winner.rank() == best ? (unsigned)~winner.id : 0u, shared.room);
    int turn = exchange(progress, part.rank, best, first);
    best = 0;
    int id = favourite;
    for (int block = 0; block < CLUSTER; block++) {
        if (shared.told[turn][0][block] > best) {
            best = shared.told[turn][0][block];
            id = (int)~(unsigned)shared.told[turn][1][block];
        }
    }
    return id;
}

__device__ float logprob(float logit, double norm) {
    double value = (double)logit - norm;
    value = value > 0.0 ? 0.0 : value;
    return value > (double)IMPOSSIBLE ? (float)value : IMPOSSIBLE;
}

// Writes the likeliest `wanted` of the unadjusted logits; returns the logarithm of their sum of exponentials.
__device__ double report(
        Progress& progress, const Part& part, const Most& most, int vocabulary, int wanted, int* top_ids,
        float* top_logprobs) {
    Weights weights;
    weights.most = most.logit;
    weights.inverse = 1;
    double sum = 0;
#pragma unroll 2
    for (int i = threadIdx.x; i < part.count; i += THREADS) {
        sum += weights.of(part.at(i));
    }
    double norm = (double)most.logit + log(cluster_sum(progress, part.rank, sum));
    if (wanted > 0) {
        Cut kept = cut(progress, part, weights, most.logit, 0, wanted, false, 1, vocabulary);
        if (kept.listed == 0) {
            wide last = kept.last;
            int count = gather(progress, part, [=](float, wide place) { return place >= last; });
            if (part.rank == 0) {
                sort(count);
            }
        }
        if (part.rank == 0 && threadIdx.x < wanted) {
            wide place = shared.list[threadIdx.x];
            top_ids[threadIdx.x] = id_of(place);
            top_logprobs[threadIdx.x] = logprob(logit_of(place), norm);
        }
    }
    return norm;
}

// The lists by which a row's logits are adjusted.
struct Adjustments {
    const int* penalty_ids;
    const int* penalty_counts;
    const int* bias_ids;
    const float* bias_values;
    int penalties;
    int biases;
};

__device__ void adjust(const Parameters& p, const Adjustments& lists, const Part& part, float* values) {
    // An id may have several biases: its first adds them all, in their order.
    for (int i = threadIdx.x; i < lists.biases; i += THREADS) {
        int id = lists.bias_ids[i];
        int at = id - part.first;
        if (at >= 0 && at < part.count) {
            bool first = true;
            for (int j = 0; j < i && first; j++) {
                first = lists.bias_ids[j] != id;
            }
            if (first) {
                float logit = values[at];
                for (int j = i; j < lists.biases; j++) {
                    if (lists.bias_ids[j] == id) {
                        logit = __fadd_rn(logit, lists.bias_values[j]);
                    }
                }
                values[at] = logit;
            }
        }
    }
    __syncthreads();
    // Each id is there once.
    for (int i = threadIdx.x; i < lists.penalties; i += THREADS) {
        int at = lists.penalty_ids[i] - part.first;
        int count = lists.penalty_counts[i];
        if (at >= 0 && at < part.count) {
            float logit = values[at];
            if (p.repetition != 1.0f) {
                logit = logit > 0 ? __fdiv_rn(logit, p.repetition) : __fmul_rn(logit, p.repetition);
            }
            if (count > 0) {
                logit = __fsub_rn(logit, __fadd_rn(p.presence, __fmul_rn(p.frequency, (float)count)));
            }
            values[at] = logit;
        }
    }
    __syncthreads();
}

__device__ __forceinline__ Adjustments adjustments(
        long long row, const int* penalty_starts, const int* penalty_ids, const int* penalty_counts, const int* bias_starts,
        const int* bias_ids, const float* bias_values) {
    Adjustments lists;
    lists.penalty_ids = penalty_ids + penalty_starts[row];
    lists.penalty_counts = penalty_counts + penalty_starts[row];
    lists.penalties = penalty_starts[row + 1] - penalty_starts[row];
    lists.bias_ids = bias_ids + bias_starts[row];
    lists.bias_values = bias_values + bias_starts[row];
    lists.biases = bias_starts[row + 1] - bias_starts[row];
    return lists;
}

// What a row's lists hold behind the `wanted` first; by the row's first block.
__device__ __forceinline__ void empty(
        const Part& part, long long row, int wanted, int width, int* top_ids, float* top_logprobs) {
    if (part.rank == 0) {
        for (int i = max(0, wanted) + threadIdx.x; i < width; i += THREADS) {
            top_ids[row * width + i] = -1;
            top_logprobs[row * width + i] = IMPOSSIBLE;
        }
    }
}

// A row's id, and its probability where the row `tells` it.
__device__ __forceinline__ void write(
        long long row, int id, int vocabulary, bool tells, const float* raw, double norm, int* ids, float* logprobs) {
    ids[row] = id;
    if (tells) {
        logprobs[row] = id < vocabulary ? logprob(raw[id], norm) : IMPOSSIBLE;
    }
}

// Grid: rows, blocks of a cluster. A block has shared memory for `share` logits, a multiple of 4; or it is alone, and
// `adjusted` has memory for all of them.
extern "C" __global__ void __launch_bounds__(THREADS) sample(
        const float* logits, const float* floats, const long long* ints, const int* penalty_starts, const int* penalty_ids,
        const int* penalty_counts, const int* bias_starts, const int* bias_ids, const float* bias_values, float* adjusted,
        int* ids, float* logprobs, int* top_ids, float* top_logprobs, int vocabulary, int width, int share) {
    cluster_arrive();
    await_predecessor();
    admit_successor();
    long long row = blockIdx.x;
    const float* raw = logits + row * vocabulary;
    Parameters p = read(floats + row * 6, ints + row * 5);
    Part part;
    part.rank = blockIdx.y;
    part.first = min(part.rank * share, vocabulary);
    part.count = min(share, vocabulary - part.first);
    int wanted = min(p.top_logprobs, min(vocabulary, width));
    bool writes = part.rank == 0 && threadIdx.x == 0;
    empty(part, row, wanted, width, top_ids, top_logprobs);
    // Nobody writes to a block that has not begun.
    cluster_wait();
    int id = p.forced;
    if (writes && wanted < 0) {
        logprobs[row] = __int_as_float(0x7fc00000);
    }
    if (id >= 0 && wanted < 0) {
        if (writes) {
            ids[row] = id;
        }
        return;
    }
    Adjustments lists = adjustments(
            row, penalty_starts, penalty_ids, penalty_counts, bias_starts, bias_ids, bias_values);
    bool adjusts = id < 0 && (lists.penalties > 0 || lists.biases > 0);
#if CLUSTER > 1
    float* own = held;
    bool keeps = wanted >= 0 || adjusts || !is_greedy(p);
    part.values = held;
#else
    float* own = adjusted + row * vocabulary;
    bool keeps = adjusts;
    part.values = raw;
#endif
    Progress progress = {0, false};
    Largest largest = load(raw + part.first, own, keeps, part, vocabulary % 4 == 0);
    Most most;
    double norm = 0;
    if (wanted >= 0 || !adjusts) {
        most = most_of(progress, largest, part.rank);
    }
    if (wanted >= 0) {
        norm = report(
                progress, part, most, vocabulary, wanted, top_ids + row * width, top_logprobs + row * width);
    }
    if (id < 0) {
        if (adjusts) {
            __syncthreads();
            adjust(p, lists, part, own);
            part.values = own;
            largest = Largest();
            for (int i = threadIdx.x; i < part.count; i += THREADS) {
                largest.see(own[i], part.first + i);
            }
            most = most_of(progress, largest, part.rank);
        }
        id = choose(progress, p, part, most, vocabulary);
    }
    if (writes) {
        write(row, id, vocabulary, wanted >= 0, raw, norm, ids, logprobs);
    }
}
