// A row of logits that the blocks of a cluster share, each with a part of it in shared memory, or that one block reads where
// it lies: what they tell each other, and the largest. Whatever is summed is summed in an order, or as integers, that the
// row alone decides.

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

// Bins of the distance to the largest logit, as many a power of two.
#define BINS 1024
#define BINS_A_POWER_LOG2 5
#define LEAST_POWER (-12)
#define BINS_A_THREAD (BINS / THREADS)

// So many tokens can be sorted at once.
#define MOST_LISTED 2048
#define LISTED_A_THREAD (MOST_LISTED / THREADS)

typedef unsigned long long wide;

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
