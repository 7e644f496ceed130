// Sample: a cluster of blocks a row of logits, each with a part of it in shared memory, so that logits are read once; or a
// block a row, which reads them where they lie. The law is the Java form: what is kept is a prefix of the ids ordered by
// falling logit, then rising id; the draw is a race of exponential numbers from Philox, in double. Whatever is summed is
// summed in an order, or as integers, that the row alone decides: equal rows draw equal ids.

#ifndef CLUSTER
#if __CUDA_ARCH__ >= 900
#define CLUSTER 8
#else
#define CLUSTER 1
#endif
#endif
#ifndef THREADS
#define THREADS 512
#endif
#define WARPS (THREADS / 32)
#define IMPOSSIBLE (-9999.0f)

// Bins of the distance to the largest logit, as many a power of two.
#define BINS 1024
#define BINS_A_POWER_LOG2 5
#define LEAST_POWER (-12)
#define BINS_A_THREAD (BINS / THREADS)

// So many tokens can be sorted at once.
#define MOST_LISTED 2048
#define LISTED_A_THREAD (MOST_LISTED / THREADS)

typedef unsigned long long wide;

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

// Larger keys are larger logits; both zeros are one, and NaN is above all.
__device__ __forceinline__ unsigned key_of(float logit) {
    unsigned bits = logit == logit ? __float_as_uint(logit + 0.0f) : 0x7fc00000u;
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

__device__ __forceinline__ float logit_of(wide place) {
    unsigned key = (unsigned)(place >> 32);
    return __uint_as_float(key & 0x80000000u ? key & 0x7fffffffu : ~key);
}

// A place in the order: the larger is the likelier. None is 0.
__device__ __forceinline__ wide place_of(unsigned key, int id) {
    return (wide)key << 32 | (unsigned)~id;
}

__device__ __forceinline__ int id_of(wide place) {
    return (int)~(unsigned)place;
}

#if CLUSTER > 1
extern __shared__ __align__(16) float held[];
#endif

// The part of a row that a block looks after.
struct Part {
    const float* values;
    int first;
    int count;
    int rank;

    __device__ __forceinline__ float at(int i) const {
#if CLUSTER > 1
        return held[i];
#else
        return values[i];
#endif
    }
};

// What the blocks of a cluster tell each other, each in its own shared memory.
struct Shared {
    wide masses[BINS];
    unsigned counts[BINS];
    wide list[MOST_LISTED];
    wide told[2][2][CLUSTER];
    wide room[WARPS];
    int listed;
    int bin;
    int reached;
    unsigned before;
    unsigned members;
    wide above;
};

__shared__ Shared shared;

// How far a block is: which of the two rooms is told next, and whether others may still read its bins.
struct Progress {
    int turn;
    bool bins_read;
};

__device__ __forceinline__ void cluster_arrive() {
#if CLUSTER > 1
    asm volatile("barrier.cluster.arrive;" ::: "memory");
#endif
}

__device__ __forceinline__ void cluster_wait() {
#if CLUSTER > 1
    asm volatile("barrier.cluster.wait;" ::: "memory");
#endif
}

__device__ __forceinline__ void cluster_sync() {
#if CLUSTER > 1
    cluster_arrive();
    cluster_wait();
#else
    __syncthreads();
#endif
}

__device__ __forceinline__ unsigned in_block(const void* own, int rank) {
    unsigned there = (unsigned)__cvta_generic_to_shared(own);
#if CLUSTER > 1
    asm("mapa.shared::cluster.u32 %0, %0, %1;" : "+r"(there) : "r"(rank));
#endif
    return there;
}

#if CLUSTER > 1
#define OTHERS "shared::cluster"
#else
#define OTHERS "shared"
#endif

// What the block `rank` has where this one has `own`.
__device__ __forceinline__ unsigned seen(const unsigned* own, int rank) {
    unsigned value;
    asm volatile("ld." OTHERS ".u32 %0, [%1];" : "=r"(value) : "r"(in_block(own, rank)) : "memory");
    return value;
}

__device__ __forceinline__ wide seen(const wide* own, int rank) {
    wide value;
    asm volatile("ld." OTHERS ".u64 %0, [%1];" : "=l"(value) : "r"(in_block(own, rank)) : "memory");
    return value;
}

// Tells all blocks two values of each; they lie in shared.told[the turn that is returned]. Also a barrier of all.
__device__ int exchange(Progress& progress, int rank, wide first, wide second) {
    int turn = progress.turn;
    progress.turn = 1 - turn;
    if (threadIdx.x < CLUSTER) {
        asm volatile("st." OTHERS ".u64 [%0], %1;" ::"r"(in_block(&shared.told[turn][0][rank], threadIdx.x)), "l"(first)
                     : "memory");
        asm volatile("st." OTHERS ".u64 [%0], %1;" ::"r"(in_block(&shared.told[turn][1][rank], threadIdx.x)), "l"(second)
                     : "memory");
    }
    cluster_sync();
    return turn;
}

__device__ __noinline__ wide block_most(wide value, wide* room) {
    for (int distance = 16; distance > 0; distance >>= 1) {
        wide other = __shfl_xor_sync(0xffffffffu, value, distance);
        value = other > value ? other : value;
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        room[threadIdx.x / 32] = value;
    }
    __syncthreads();
    value = room[threadIdx.x % WARPS];
    for (int distance = 16; distance > 0; distance >>= 1) {
        wide other = __shfl_xor_sync(0xffffffffu, value, distance);
        value = other > value ? other : value;
    }
    return value;
}

// The sum up to and with this thread's value; `total` is that of all.
template <class T>
__device__ T block_prefix(T value, T* room, T& total) {
    int lane = threadIdx.x % 32;
    for (int distance = 1; distance < 32; distance *= 2) {
        T other = __shfl_up_sync(0xffffffffu, value, distance);
        value += lane >= distance ? other : (T)0;
    }
    __syncthreads();
    if (lane == 31) {
        room[threadIdx.x / 32] = value;
    }
    __syncthreads();
    T sums = lane < WARPS ? room[lane] : (T)0;
    for (int distance = 1; distance < WARPS; distance *= 2) {
        T other = __shfl_up_sync(0xffffffffu, sums, distance);
        sums += lane >= distance ? other : (T)0;
    }
    total = __shfl_sync(0xffffffffu, sums, WARPS - 1);
    T before = __shfl_sync(0xffffffffu, sums, max((int)threadIdx.x / 32 - 1, 0));
    return threadIdx.x < 32 ? value : before + value;
}

// The sum over the cluster: the same for all its blocks.
__device__ __noinline__ double cluster_sum(Progress& progress, int rank, double value) {
    double total;
    block_prefix(value, (double*)shared.room, total);
    int turn = exchange(progress, rank, (wide)__double_as_longlong(total), 0);
    double sum = 0;
    for (int block = 0; block < CLUSTER; block++) {
        sum += __longlong_as_double((long long)shared.told[turn][0][block]);
    }
    return sum;
}

// The largest that a thread saw: as the Java form's loop finds it, which passes over NaN but for the first id's.
struct Largest {
    float logit = -INFINITE;
    int id = -1;
    int nan = -1;

    __device__ __forceinline__ void see(float value, int at) {
        if (value > logit) {
            logit = value;
            id = at;
        }
        if (value != value && nan < 0) {
            nan = at;
        }
    }
};

// The largest of a row, and the first in the order; they differ where there is NaN.
struct Most {
    float logit;
    int id;
    wide first;
};

__device__ __noinline__ Most most_of(Progress& progress, const Largest& largest, int rank) {
    bool crowned = largest.nan == 0;
    wide best = crowned ? ~0ULL : largest.id < 0 ? 0 : place_of(key_of(largest.logit), largest.id);
    best = block_most(best, shared.room);
    wide first = best == ~0ULL ? 0 : best;
    if (__syncthreads_or(largest.nan >= 0)) {
        wide not_a_number = largest.nan < 0 ? 0 : place_of(0xffc00000u, largest.nan);
        not_a_number = block_most(not_a_number, shared.room);
        first = not_a_number > first ? not_a_number : first;
    }
    int turn = exchange(progress, rank, best, first);
    for (int block = 0; block < CLUSTER; block++) {
        best = max(best, shared.told[turn][0][block]);
        first = max(first, shared.told[turn][1][block]);
    }
    Most most;
    // Where nothing is above -inf, the first id is chosen.
    best = best == 0 ? place_of(key_of(-INFINITE), 0) : best;
    first = first == 0 ? best : first;
    most.logit = best == ~0ULL ? __int_as_float(0x7fc00000) : logit_of(best);
    most.id = best == ~0ULL ? 0 : id_of(best);
    most.first = first;
    return most;
}

// Reads this block's part of a row, and keeps it in `kept` if it is asked to.
__device__ Largest load(const float* source, float* kept, bool keeps, const Part& part, bool aligned) {
    const int ahead = 5;
    Largest largest;
    if (aligned) {
        const float4* fours = (const float4*)source;
        int count = part.count / 4;
        for (int from = threadIdx.x; from < count; from += ahead * THREADS) {
            float4 four[ahead];
#pragma unroll
            for (int j = 0; j < ahead; j++) {
                four[j] = fours[min(from + j * THREADS, count - 1)];
            }
#pragma unroll
            for (int j = 0; j < ahead; j++) {
                int at = from + j * THREADS;
                if (at < count) {
                    if (keeps) {
                        ((float4*)kept)[at] = four[j];
                    }
                    int id = part.first + 4 * at;
                    largest.see(four[j].x, id);
                    largest.see(four[j].y, id + 1);
                    largest.see(four[j].z, id + 2);
                    largest.see(four[j].w, id + 3);
                }
            }
        }
    } else {
        for (int i = threadIdx.x; i < part.count; i += THREADS) {
            float value = source[i];
            if (keeps) {
                kept[i] = value;
            }
            largest.see(value, part.first + i);
        }
    }
    return largest;
}

// Weights beside the largest logit's, which is 1.
struct Weights {
    double most;
    double inverse;

    __device__ __forceinline__ double of(float logit) const {
        return exp(((double)logit - most) * inverse);
    }
};

// Falls as logits rise. What is not a number comes first.
__device__ __forceinline__ int bin_of(float most, float logit) {
    float distance = most - logit;
    int bin = (__float_as_int(distance) >> (23 - BINS_A_POWER_LOG2)) - ((127 + LEAST_POWER) << BINS_A_POWER_LOG2);
    return distance == distance ? min(max(bin, 0), BINS - 1) : 0;
}

__device__ __forceinline__ void add_mass(wide* bin, wide mass) {
    unsigned low = (unsigned)mass;
    unsigned high = (unsigned)(mass >> 32);
    unsigned* halves = (unsigned*)bin;
    unsigned before = atomicAdd(&halves[0], low);
    high += before + low < before ? 1 : 0;
    if (high != 0) {
        atomicAdd(&halves[1], high);
    }
}

// What is looked for: the last of the first so many, or of those that hold so much mass. Masses are integers, so that
// their sum has no order.
struct Goal {
    bool by_mass;
    double scale;
    wide wanted;
};

// Counts what `bin` (negative: not to be counted) says of the part's values; returns the mass that this thread saw.
template <class Bin>
__device__ double fill(
        Progress& progress, const Part& part, const Goal& goal, const Weights& weights, const Bin& bin) {
    if (progress.bins_read) {
        cluster_sync();
    }
    progress.bins_read = true;
    for (int i = threadIdx.x; i < BINS; i += THREADS) {
        shared.counts[i] = 0;
        shared.masses[i] = 0;
    }
    __syncthreads();
    double sum = 0;
    // The last bin is where all that is impossible goes.
    unsigned last_count = 0;
    wide last_mass = 0;
#pragma unroll 4
    for (int i = threadIdx.x; i < part.count; i += THREADS) {
        float logit = part.at(i);
        int chosen = bin(logit, part.first + i);
        if (chosen >= 0) {
            wide mass = 0;
            if (goal.by_mass) {
                double weight = weights.of(logit);
                sum += weight;
                mass = (wide)(weight * goal.scale);
            }
            if (chosen == BINS - 1) {
                last_count++;
                last_mass += mass;
            } else {
                atomicAdd(&shared.counts[chosen], 1u);
                if (mass != 0) {
                    add_mass(&shared.masses[chosen], mass);
                }
            }
        }
    }
    if (last_count != 0) {
        atomicAdd(&shared.counts[BINS - 1], last_count);
        add_mass(&shared.masses[BINS - 1], last_mass);
    }
    return sum;
}

// The bin in which the goal is reached, what comes before it and how many are in it; BINS if it is not reached. After
// fill() and a barrier of the cluster.
struct Crossing {
    int bin;
    unsigned before;
    unsigned members;
    wide above;
};

__device__ Crossing crossing(const Goal& goal, wide above) {
    unsigned counts[BINS_A_THREAD];
    wide masses[BINS_A_THREAD];
    unsigned count = 0;
    wide mass = 0;
#pragma unroll
    for (int j = 0; j < BINS_A_THREAD; j++) {
        int bin = threadIdx.x * BINS_A_THREAD + j;
        counts[j] = 0;
        masses[j] = 0;
#pragma unroll
        for (int block = 0; block < CLUSTER; block++) {
            counts[j] += seen(&shared.counts[bin], block);
        }
        if (goal.by_mass) {
#pragma unroll
            for (int block = 0; block < CLUSTER; block++) {
                masses[j] += seen(&shared.masses[bin], block);
            }
        } else {
            masses[j] = counts[j];
        }
        count += counts[j];
        mass += masses[j];
    }
    if (threadIdx.x == 0) {
        shared.bin = BINS;
    }
    unsigned all;
    wide everything;
    unsigned counted = block_prefix(count, (unsigned*)shared.room, all) - count;
    wide summed = above + block_prefix(mass, shared.room, everything) - mass;
#pragma unroll
    for (int j = 0; j < BINS_A_THREAD; j++) {
        if (summed < goal.wanted && summed + masses[j] >= goal.wanted) {
            shared.bin = threadIdx.x * BINS_A_THREAD + j;
            shared.before = counted;
            shared.members = counts[j];
            shared.above = summed;
        }
        counted += counts[j];
        summed += masses[j];
    }
    __syncthreads();
    Crossing found;
    found.bin = shared.bin;
    found.before = shared.before;
    found.members = shared.members;
    found.above = shared.above;
    return found;
}

// The first block's list has the places that `takes` then, in no order; only it knows their number.
template <class Takes>
__device__ int gather(Progress& progress, const Part& part, const Takes& takes) {
    __syncthreads();
    if (threadIdx.x == 0) {
        shared.listed = 0;
    }
    __syncthreads();
#pragma unroll 4
    for (int i = threadIdx.x; i < part.count; i += THREADS) {
        float logit = part.at(i);
        wide place = place_of(key_of(logit), part.first + i);
        if (takes(logit, place)) {
            int at = atomicAdd(&shared.listed, 1);
            if (at < MOST_LISTED) {
                shared.list[at] = place;
            }
        }
    }
    cluster_sync();
    progress.bins_read = false;
    int listed = min(shared.listed, MOST_LISTED);
    if (CLUSTER > 1) {
        if (part.rank == 0) {
            int ends[CLUSTER];
            ends[0] = listed;
#pragma unroll
            for (int block = 1; block < CLUSTER; block++) {
                ends[block] = ends[block - 1] + (int)seen((const unsigned*)&shared.listed, block);
            }
            for (int i = listed + threadIdx.x; i < min(ends[CLUSTER - 1], MOST_LISTED); i += THREADS) {
                int owner = 1;
                int begin = listed;
#pragma unroll
                for (int block = 1; block < CLUSTER - 1; block++) {
                    if (i >= ends[block]) {
                        owner = block + 1;
                        begin = ends[block];
                    }
                }
                shared.list[i] = seen(&shared.list[i - begin], owner);
            }
            listed = min(ends[CLUSTER - 1], MOST_LISTED);
        }
        cluster_sync();
    }
    return listed;
}

// Sorts the list, likeliest first, by bitonic merges.
__device__ __noinline__ void sort(int count) {
    int size = 2;
    while (size < count) {
        size *= 2;
    }
    for (int i = count + threadIdx.x; i < size; i += THREADS) {
        shared.list[i] = 0;
    }
    for (int run = 2; run <= size; run *= 2) {
        for (int step = run / 2; step > 0; step /= 2) {
            __syncthreads();
            for (int i = threadIdx.x; i < size / 2; i += THREADS) {
                int low = 2 * i - (i & (step - 1));
                wide a = shared.list[low];
                wide b = shared.list[low + step];
                if ((a < b) == ((low & run) == 0)) {
                    shared.list[low] = b;
                    shared.list[low + step] = a;
                }
            }
        }
    }
    __syncthreads();
}

// A thread's weights of the sorted list, which are neighbours; 0 from `count` on.
__device__ void listed_weights(int count, const Weights& weights, double (&own)[LISTED_A_THREAD]) {
#pragma unroll
    for (int j = 0; j < LISTED_A_THREAD; j++) {
        int at = threadIdx.x * LISTED_A_THREAD + j;
        own[j] = at < count ? weights.of(logit_of(shared.list[at])) : 0.0;
    }
}

// How many of the sorted list, beside a mass of `above`, hold the mass `wanted`; `count` if they do not.
__device__ int nucleus(
        int count, const double (&weights)[LISTED_A_THREAD], double above, double wanted) {
    double own = 0;
#pragma unroll
    for (int j = 0; j < LISTED_A_THREAD; j++) {
        own += weights[j];
    }
    if (threadIdx.x == 0) {
        shared.reached = count;
    }
    double total;
    double mass = above + (block_prefix(own, (double*)shared.room, total) - own);
#pragma unroll
    for (int j = LISTED_A_THREAD - 1; j >= 0; j--) {
        double upto = mass;
#pragma unroll
        for (int i = 0; i <= j; i++) {
            upto += weights[i];
        }
        if (upto >= wanted && threadIdx.x * LISTED_A_THREAD + j < count) {
            atomicMin(&shared.reached, threadIdx.x * LISTED_A_THREAD + j + 1);
        }
    }
    __syncthreads();
    return shared.reached;
}

// What a row keeps: places of at least `last`. Where `listed` is not 0, all of them, and perhaps some more, are so many of
// the first block's list, sorted.
struct Cut {
    wide last;
    int listed;
    double total;
};

// The goal's last place among the candidates in one bin, byte by byte from the highest, until they fit the list.
__device__ __noinline__ wide narrowed(
        Progress& progress, const Part& part, const Goal& goal, const Weights& weights, float most,
        wide least, Crossing found) {
    int bin = found.bin;
    wide settled = 0;
    wide known = 0;
    for (int shift = 56; found.members > MOST_LISTED && shift >= 0; shift -= 8) {
        if (shift == 24) {
            // Ids have less than 24 bits: this byte is the same for all.
            settled |= 255ULL << shift;
            known |= 255ULL << shift;
            continue;
        }
        fill(progress, part, goal, weights, [=](float logit, int id) {
            wide place = place_of(key_of(logit), id);
            bool member = bin_of(most, logit) == bin && place >= least && (place & known) == settled;
            return member ? 255 - (int)(place >> shift & 255) : -1;
        });
        cluster_sync();
        found = crossing(goal, found.above);
        if (found.bin == BINS) {
            return least;
        }
        settled |= (wide)(255 - found.bin) << shift;
        known |= 255ULL << shift;
    }
    int count = gather(progress, part, [=](float logit, wide place) {
        return bin_of(most, logit) == bin && place >= least && (place & known) == settled;
    });
    wide last = 0;
    if (part.rank == 0) {
        sort(count);
        int kept = (int)(goal.wanted - found.above);
        if (goal.by_mass) {
            double own[LISTED_A_THREAD];
            listed_weights(count, weights, own);
            kept = nucleus(count, own, (double)found.above / goal.scale, (double)goal.wanted / goal.scale);
        }
        last = shared.list[kept - 1];
    }
    int turn = exchange(progress, part.rank, last, 0);
    return shared.told[turn][0][0];
}

// Cuts what is behind the first `wanted`, or behind those that hold `share` of the mass, of the places from `least` up.
__device__ __noinline__ Cut cut(
        Progress& progress, const Part& part, const Weights& weights, float most, wide least, unsigned wanted,
        bool by_mass, float share, int vocabulary) {
    Goal goal;
    goal.by_mass = by_mass;
    goal.scale = (double)(1ULL << (30 + __clz(vocabulary)));
    goal.wanted = wanted;
    double sum = fill(progress, part, goal, weights, [=](float logit, int id) {
        return place_of(key_of(logit), id) >= least ? bin_of(most, logit) : -1;
    });
    Cut result;
    result.last = least;
    result.listed = 0;
    result.total = cluster_sum(progress, part.rank, sum);
    if (by_mass) {
        if (!(result.total == result.total)) {
            return result;
        }
        goal.wanted = __double2ull_ru((double)share * result.total * goal.scale);
    }
    Crossing found = crossing(goal, 0);
    if (found.bin == BINS) {
        return result;
    }
    if (found.before + found.members <= MOST_LISTED) {
        int bin = found.bin;
        result.listed = gather(progress, part, [=](float logit, wide place) {
            return place >= least && bin_of(most, logit) <= bin;
        });
        // Others than the first only learn that there is a list.
        result.listed = max(result.listed, 1);
        if (part.rank == 0) {
            sort(result.listed);
        }
    } else {
        result.last = narrowed(progress, part, goal, weights, most, least, found);
    }
    return result;
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
