// Sample: a block of 1,024 threads a row of logits. The law is the Java form: what is kept is a prefix of the ids ordered
// by falling logit, then rising id; the draw is a race of exponential numbers from Philox, in double.

#define THREADS 1024
#define WARPS (THREADS / 32)
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

// Larger keys are larger logits; both zeros are one.
__device__ __forceinline__ unsigned key_of(float logit) {
    unsigned bits = __float_as_uint(logit + 0.0f);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

__device__ __forceinline__ float logit_of(unsigned key) {
    return __uint_as_float(key & 0x80000000u ? key & 0x7fffffffu : ~key);
}

// A place in the order: the larger is the likelier.
__device__ __forceinline__ unsigned long long place_of(unsigned key, int id) {
    return (unsigned long long)key << 32 | (unsigned)~id;
}

__device__ unsigned long long block_most(unsigned long long value, unsigned long long* shared) {
    for (int distance = 16; distance > 0; distance >>= 1) {
        unsigned long long other = __shfl_xor_sync(0xffffffffu, value, distance);
        value = other > value ? other : value;
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        shared[threadIdx.x / 32] = value;
    }
    __syncthreads();
    value = shared[threadIdx.x % WARPS];
    for (int distance = 16; distance > 0; distance >>= 1) {
        unsigned long long other = __shfl_xor_sync(0xffffffffu, value, distance);
        value = other > value ? other : value;
    }
    return value;
}

// In an order of its own, but always in the same.
__device__ double block_total(double value, double* shared) {
    for (int distance = 16; distance > 0; distance >>= 1) {
        value += __shfl_xor_sync(0xffffffffu, value, distance);
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        shared[threadIdx.x / 32] = value;
    }
    __syncthreads();
    value = shared[threadIdx.x % WARPS];
    for (int distance = 16; distance > 0; distance >>= 1) {
        value += __shfl_xor_sync(0xffffffffu, value, distance);
    }
    return value;
}

// The likeliest of those behind `before`.
__device__ unsigned long long most_behind(
        const float* logits, int vocabulary, unsigned long long before, unsigned long long* shared) {
    unsigned long long best = 0;
#pragma unroll 4
    for (int id = threadIdx.x; id < vocabulary; id += THREADS) {
        unsigned long long place = place_of(key_of(logits[id]), id);
        if (place < before && place > best) {
            best = place;
        }
    }
    return block_most(best, shared);
}

__device__ double weight_of(float logit, float most, float temperature) {
    return exp(((double)logit - (double)most) / (double)temperature);
}

// Bins of one byte of the keys, a copy a few warps so that they seldom meet.
#define COPIES 8

struct Bins {
    double mass[COPIES][256];
};

// Adds to a bin. In the highest byte nearly all lanes mean the same few bins: these are summed up before.
__device__ __forceinline__ void add(double* bins, int bin, double value, bool takes_part, bool crowded) {
    if (!crowded) {
        if (takes_part) {
            atomicAdd(&bins[bin], value);
        }
        return;
    }
    unsigned open = __ballot_sync(0xffffffffu, takes_part);
    while (open != 0) {
        int common = __shfl_sync(0xffffffffu, bin, __ffs(open) - 1);
        bool same = takes_part && bin == common;
        double sum = same ? value : 0.0;
        for (int distance = 16; distance > 0; distance >>= 1) {
            sum += __shfl_xor_sync(0xffffffffu, sum, distance);
        }
        if (threadIdx.x % 32 == 0) {
            atomicAdd(&bins[common], sum);
        }
        open &= ~__ballot_sync(0xffffffffu, same);
    }
}

// The place of the last that is kept: the first, in falling order, at which what is summed up (`counted`: how many;
// else their weights) reaches `wanted`. Only places of at least `least` take part. Bytes are settled from the highest on,
// those of the key, then those of the id.
__device__ unsigned long long last_kept(
        const float* logits, int vocabulary, unsigned long long least, bool counted, double wanted, float most,
        float temperature, Bins* bins, double* above_shared, unsigned long long* settled_shared) {
    unsigned long long settled = 0;
    double above = 0;
    for (int shift = 56; shift >= 0; shift -= 8) {
        if (shift == 24) {
            continue; // ids have less than 24 bits: this byte is the same for all
        }
        for (int i = threadIdx.x; i < COPIES * 256; i += THREADS) {
            bins->mass[0][i] = 0;
        }
        __syncthreads();
        unsigned long long known = shift == 56 ? 0 : ~0ULL << (shift + 8);
        double* own = bins->mass[threadIdx.x / 32 % COPIES];
        for (int from = 0; from < vocabulary; from += THREADS) {
            int id = from + threadIdx.x;
            float logit = id < vocabulary ? logits[id] : 0.0f;
            unsigned long long place = place_of(key_of(logit), id);
            bool takes_part = id < vocabulary && place >= least && (place & known) == settled;
            double value = !takes_part ? 0.0 : counted ? 1.0 : weight_of(logit, most, temperature);
            add(own, (int)(place >> shift & 255), value, takes_part, shift == 56);
        }
        __syncthreads();
        if (threadIdx.x < 256) {
            double sum = 0;
            for (int copy = 0; copy < COPIES; copy++) {
                sum += bins->mass[copy][threadIdx.x];
            }
            bins->mass[0][threadIdx.x] = sum;
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            int bin = 255;
            int lowest = -1;
            double sum = above;
            for (; bin >= 0; bin--) {
                double mass = bins->mass[0][bin];
                if (mass > 0) {
                    lowest = bin;
                    if (sum + mass >= wanted) {
                        break;
                    }
                    sum += mass;
                }
            }
            // Rounding may leave the last sum just below what is wanted: then all are kept.
            if (bin < 0) {
                bin = lowest < 0 ? 0 : lowest;
                sum -= bins->mass[0][bin];
            }
            *above_shared = sum;
            *settled_shared = settled | (unsigned long long)bin << shift;
        }
        __syncthreads();
        above = *above_shared;
        settled = *settled_shared;
        if (shift == 32) {
            settled |= 0xffULL << 24;
        }
    }
    return settled;
}

__device__ double uniform(const Parameters& p, int id) {
    unsigned block[4] = {(unsigned)id, (unsigned)p.position, (unsigned)((unsigned long long)p.position >> 32), 0u};
    unsigned key0 = (unsigned)p.seed;
    unsigned key1 = (unsigned)((unsigned long long)p.seed >> 32);
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

// The winner of the race among places of at least `last`.
__device__ int race(
        const Parameters& p, const float* logits, int vocabulary, unsigned long long last, float most, int favourite,
        unsigned long long* shared) {
    // Times are positive: their bits are ordered as they are. The complement makes the least the most.
    double least = __longlong_as_double(0x7ff0000000000000LL);
    int winner = favourite;
    for (int id = threadIdx.x; id < vocabulary; id += THREADS) {
        float logit = logits[id];
        if (place_of(key_of(logit), id) >= last) {
            double weight = weight_of(logit, most, p.temperature);
            if (weight > 0 && weight >= (double)p.min_p) {
                double time = -log(uniform(p, id)) / weight;
                if (time < least) {
                    least = time;
                    winner = id;
                }
            }
        }
    }
    unsigned long long bits = ~(unsigned long long)__double_as_longlong(least + 0.0);
    unsigned long long best = block_most(bits, shared);
    unsigned long long candidate = bits == best ? (unsigned)~winner : 0u;
    return (int)~(unsigned)block_most(candidate, shared);
}

__device__ int choose(
        const Parameters& p, const float* logits, int vocabulary, Bins* bins, double* doubles, unsigned long long* shared) {
    unsigned long long first = most_behind(logits, vocabulary, ~0ULL, shared);
    int favourite = (int)~(unsigned)first;
    if (p.temperature == 0.0f || p.top_k == 1 || p.min_p >= 1.0f || p.top_p <= 0.0f) {
        return favourite;
    }
    float most = logit_of((unsigned)(first >> 32));
    unsigned long long last = 0;
    if (p.top_k > 0 && p.top_k < vocabulary) {
        last = last_kept(logits, vocabulary, 0, true, p.top_k, most, p.temperature, bins, doubles, shared + WARPS);
    }
    if (p.top_p < 1.0f) {
        double sum = 0;
        for (int id = threadIdx.x; id < vocabulary; id += THREADS) {
            float logit = logits[id];
            if (place_of(key_of(logit), id) >= last) {
                sum += weight_of(logit, most, p.temperature);
            }
        }
        double total = block_total(sum, doubles + 1);
        unsigned long long nucleus = last_kept(
                logits, vocabulary, last, false, (double)p.top_p * total, most, p.temperature, bins, doubles,
                shared + WARPS);
        last = nucleus > last ? nucleus : last;
    }
    return race(p, logits, vocabulary, last, most, favourite, shared);
}

// Logprobs of the unadjusted logits, in double.
__device__ double normalizer(const float* logits, int vocabulary, float most, double* doubles) {
    double sum = 0;
    for (int id = threadIdx.x; id < vocabulary; id += THREADS) {
        sum += exp((double)logits[id] - (double)most);
    }
    return (double)most + log(block_total(sum, doubles + 1));
}

__device__ float logprob(float logit, double norm) {
    double value = fmin(0.0, (double)logit - norm);
    return value > (double)IMPOSSIBLE ? (float)value : IMPOSSIBLE;
}

__device__ void report(
        const Parameters& p, const float* logits, int vocabulary, int id, float* out, int* top_ids, float* top_logprobs,
        int width, double* doubles, unsigned long long* shared) {
    int wanted = min(p.top_logprobs, min(vocabulary, width));
    for (int i = max(0, wanted) + threadIdx.x; i < width; i += THREADS) {
        top_ids[i] = -1;
        top_logprobs[i] = IMPOSSIBLE;
    }
    if (wanted < 0) {
        if (threadIdx.x == 0) {
            *out = __int_as_float(0x7fc00000);
        }
        return;
    }
    unsigned long long place = most_behind(logits, vocabulary, ~0ULL, shared);
    double norm = normalizer(logits, vocabulary, logit_of((unsigned)(place >> 32)), doubles);
    if (threadIdx.x == 0) {
        *out = id < vocabulary ? logprob(logits[id], norm) : IMPOSSIBLE;
    }
    for (int i = 0; i < wanted; i++) {
        if (threadIdx.x == 0) {
            int top = (int)~(unsigned)place;
            top_ids[i] = top;
            top_logprobs[i] = logprob(logits[top], norm);
        }
        if (i + 1 < wanted) {
            place = most_behind(logits, vocabulary, place, shared);
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) sample(
        const float* logits, const float* floats, const long long* ints, const int* penalty_starts, const int* penalty_ids,
        const int* penalty_counts, const int* bias_starts, const int* bias_ids, const float* bias_values, float* adjusted,
        int* ids, float* logprobs, int* top_ids, float* top_logprobs, int vocabulary, int width) {
    __shared__ Bins bins;
    __shared__ double doubles[WARPS + 1];
    __shared__ unsigned long long shared[WARPS + 1];
    await_predecessor();
    admit_successor();
    long long row = blockIdx.x;
    const float* raw = logits + row * vocabulary;
    Parameters p = read(floats + row * 6, ints + row * 5);
    int id = p.forced;
    if (id < 0) {
        const float* chosen = raw;
        int biases = bias_starts[row + 1] - bias_starts[row];
        int penalties = penalty_starts[row + 1] - penalty_starts[row];
        if (biases > 0 || penalties > 0) {
            float* own = adjusted + row * vocabulary;
            for (int i = threadIdx.x; i < vocabulary; i += THREADS) {
                own[i] = raw[i];
            }
            __syncthreads();
            for (int i = threadIdx.x; i < biases; i += THREADS) {
                int biased = bias_ids[bias_starts[row] + i];
                if (biased >= 0 && biased < vocabulary) {
                    atomicAdd(&own[biased], bias_values[bias_starts[row] + i]);
                }
            }
            __syncthreads();
            // Each id is there once.
            for (int i = threadIdx.x; i < penalties; i += THREADS) {
                int penalised = penalty_ids[penalty_starts[row] + i];
                int count = penalty_counts[penalty_starts[row] + i];
                if (penalised >= 0 && penalised < vocabulary) {
                    float logit = own[penalised];
                    if (p.repetition != 1.0f) {
                        logit = logit > 0 ? __fdiv_rn(logit, p.repetition) : __fmul_rn(logit, p.repetition);
                    }
                    if (count > 0) {
                        logit = __fsub_rn(logit, __fadd_rn(p.presence, __fmul_rn(p.frequency, (float)count)));
                    }
                    own[penalised] = logit;
                }
            }
            __syncthreads();
            chosen = own;
        }
        id = choose(p, chosen, vocabulary, &bins, doubles, shared);
    }
    if (threadIdx.x == 0) {
        ids[row] = id;
    }
    report(p, raw, vocabulary, id, logprobs + row, top_ids + row * width, top_logprobs + row * width, width, doubles, shared);
}
