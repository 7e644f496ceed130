// Short projections of up to sixteen rows: y = x · weightᵀ with what follows, where what counts is how soon after its
// predecessor a kernel is done. Rows that are normed first are not taken here: their scale is known only after all of a row
// is read, and a scale put on the sums instead would round x elsewhere than the forms for other numbers of rows do.
//
// A cluster of blocks takes tiles of weight rows, each of its warps a slice of their columns. So a block reads only its
// own columns of x, straight into the registers that tensor cores take, and all weights are in shared memory, or on their
// way there, before the kernel that makes x is done.
// Sums of the warps meet once, in the shared memory of the block that finishes them.

#ifndef WARPS
#define WARPS 8
#endif
#ifndef RANKS
// Cards before 9.0 have no clusters.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900
#define RANKS 1
#else
#define RANKS 2
#endif
#endif
#define THREADS (WARPS * 32)
#define SLICES (RANKS * WARPS)
// Lanes whose sums a block finishes.
#define SHARE (32 / RANKS)
#define CHUNK 32

#include "product.cuh"

// Blocks of a cluster send each other sums; a block waits for the bytes that it gets. One block alone needs no more than
// its own barrier.
#if RANKS > 1
__device__ __forceinline__ unsigned seen_at(const void* shared, int rank) {
    unsigned there;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"((unsigned)__cvta_generic_to_shared(shared)), "r"(rank));
    return there;
}

__device__ __forceinline__ void send(unsigned there, unsigned barrier, float4 v) {
    asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.f32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(
                         there),
                 "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w), "r"(barrier)
                 : "memory");
}

// All blocks of the cluster run when this is over, and know how many bytes they wait for.
__device__ __forceinline__ void begin_exchange(unsigned long long* barrier, int bytes) {
    if (threadIdx.x == 0) {
        unsigned own = (unsigned)__cvta_generic_to_shared(barrier);
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(own) : "memory");
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
        asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(own), "r"(bytes) : "memory");
    }
    __syncwarp();
    asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory");
    asm volatile("barrier.cluster.wait.aligned;" ::: "memory");
}

__device__ __forceinline__ void end_exchange(unsigned long long* barrier) {
    unsigned own = (unsigned)__cvta_generic_to_shared(barrier);
    asm volatile(
            "{ .reg .pred done;\n"
            "again: mbarrier.try_wait.parity.shared::cta.b64 done, [%0], 0;\n"
            "@!done bra again; }" ::"r"(own)
            : "memory");
}
#else
__device__ __forceinline__ unsigned seen_at(const void* shared, int) {
    return (unsigned)__cvta_generic_to_shared(shared);
}

__device__ __forceinline__ void send(unsigned there, unsigned, float4 v) {
    asm volatile("st.shared.v4.f32 [%0], {%1, %2, %3, %4};" ::"r"(there), "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w)
                 : "memory");
}

__device__ __forceinline__ void begin_exchange(unsigned long long*, int) {}

__device__ __forceinline__ void end_exchange(unsigned long long*) {
    __syncthreads();
}
#endif

__device__ __forceinline__ uint2 four_rounded(float4 v) {
    return four_rounded(v, 1, all_four(1));
}

__device__ __forceinline__ int tile_rows(const Product& p) {
    return p.gated ? 8 : 16;
}

// A thread's own part of its cluster's tiles, two rows of each; zeros where there are no such columns or rows.
template <int CHUNKS>
__device__ __forceinline__ void copy_weights(const Product& p, int tiles, int first_column, uint4* held) {
    int lane = threadIdx.x % 32;
    for (int i = 0; i < tiles; i++) {
        Place place = place_of(p, blockIdx.x + i * gridDim.x, tile_rows(p));
        int n = p.n[place.part];
        int row = place.row + lane / 4;
        int other = p.gated ? row + n : row + 8;
        bool one = row < n;
        bool two = p.gated ? one : other < n;
        const bf16* first = p.weight[place.part] + (one ? (long long)row * p.k : 0);
        const bf16* second = p.weight[place.part] + (two ? (long long)other * p.k : 0);
#pragma unroll
        for (int j = 0; j < CHUNKS; j++) {
            int column = first_column + j * CHUNK + lane % 4 * 8;
            bool inside = column < p.k;
            column = inside ? column : 0;
            uint4* target = held + (i * CHUNKS + j) * 2 * THREADS;
            copy_ahead(target, first + column, inside && one);
            copy_ahead(target + THREADS, second + column, inside && two);
        }
    }
    copies_grouped();
}

// What of y a thread finishes: a weight row, with the one eight behind it or its partner, for one row of x.
struct Unit {
    Target y;
    const float* residual;
    float first_bias;
    float second_bias;
    int sums; // where the first of its sums lies, in pairs
    bool there;
    bool both;
};

__device__ __forceinline__ Unit unit_of(const Product& p, int index, int tiles, int x_tiles) {
    int l = index / 2 % SHARE;
    int pair = index / 2 / SHARE;
    int at = (RANKS > 1 ? blockIdx.y * SHARE : 0) + l;
    int tile = pair / x_tiles;
    Place place = place_of(p, blockIdx.x + tile * gridDim.x, tile_rows(p));
    int n = p.n[place.part];
    int row = place.row + at / 4;
    int x_row = pair % x_tiles * 8 + at % 4 * 2 + index % 2;
    long long offset = (long long)x_row * n + row;
    const float* bias = p.bias[place.part];
    Unit unit;
    unit.there = tile < tiles && x_row < p.rows && row < n;
    unit.both = !p.gated && row + 8 < n;
    unit.y = Target{p.y[place.part], p.narrow != 0}.from(offset);
    unit.residual = p.residual == nullptr ? nullptr : p.residual + offset;
    unit.first_bias = unit.there && bias != nullptr ? fresh(bias + row) : 0.0f;
    unit.second_bias =
            unit.there && bias != nullptr && (p.gated || unit.both) ? fresh(bias + row + (p.gated ? n : 8)) : 0.0f;
    unit.sums = (pair * SLICES * SHARE + l) * 2 + index % 2;
    return unit;
}

// What of the residual is added to a unit: made by earlier kernels.
__device__ __forceinline__ float2 kept_of(const Unit& unit) {
    bool kept = unit.there && unit.residual != nullptr;
    return make_float2(kept ? fresh(unit.residual) : 0.0f, kept && unit.both ? fresh(unit.residual + 8) : 0.0f);
}

// y of a unit, from the sums of all slices.
__device__ __forceinline__ void finish(const Product& p, const Unit& unit, const float2* sums, float2 kept) {
    float2 sum = {0, 0};
#pragma unroll
    for (int i = 0; i < SLICES; i++) {
        float2 of = sums[unit.sums + i * SHARE * 2];
        sum.x += of.x;
        sum.y += of.y;
    }
    sum.x += unit.first_bias;
    sum.y += unit.second_bias;
    if (unit.there) {
        unit.y.set(0, (p.gated ? join(p.gate, sum.x, sum.y) : sum.x) + kept.x);
        if (unit.both) {
            unit.y.set(8, sum.y + kept.y);
        }
    }
}

// Grid: clusters, their blocks. A cluster takes every gridDim.x-th tile; CHUNKS are what a warp has of its columns.
template <int X_TILES, int CHUNKS>
__device__ __forceinline__ void sliced(const Product& p) {
    __shared__ unsigned long long barrier;
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int q = lane / 4;
    int c = lane % 4;
    int slice = (RANKS > 1 ? blockIdx.y * WARPS : 0) + warp;
    int total = p.groups[0] + p.groups[1] + p.groups[2] + p.groups[3];
    int tiles = (total - (int)blockIdx.x + (int)gridDim.x - 1) / (int)gridDim.x;
    int first_column = slice * CHUNKS * CHUNK;
    uint4* held = shared_memory + threadIdx.x;
    float4* sums = reinterpret_cast<float4*>(shared_memory + p.split * CHUNKS * 2 * THREADS);

    copy_weights<CHUNKS>(p, tiles, first_column, held);
    admit_successor();
    begin_exchange(&barrier, tiles * X_TILES * SLICES * SHARE * (int)sizeof(float4));

    // A lane loads fours of x such that its neighbour's first and second ones lie beside its own, in whole sectors. Where
    // there are no columns, weights are zeros; where there are no rows, nobody asks for the sums.
    int four = first_column + (c / 2 * 4 + c % 2) * 4;
    const float* x = p.x + (q < p.rows ? (long long)q * p.k : 0);
    long long next_tile = q + 8 < p.rows ? 8LL * p.k : 0;
    int columns[CHUNKS][2];
#pragma unroll
    for (int j = 0; j < CHUNKS; j++) {
#pragma unroll
        for (int h = 0; h < 2; h++) {
            int column = four + j * CHUNK + h * 8;
            columns[j][h] = column < p.k ? column : 0;
        }
    }
    Unit unit = unit_of(p, threadIdx.x, tiles, X_TILES);
    unsigned sums_there = seen_at(sums + slice * SHARE + lane % SHARE, lane / SHARE);
    unsigned sums_barrier = seen_at(&barrier, lane / SHARE);
    await_predecessor();

    uint2 low[X_TILES][CHUNKS], high[X_TILES][CHUNKS];
    float2 kept;
    constexpr int TOGETHER = X_TILES * CHUNKS <= 6 ? X_TILES : 1;
    float4 loaded[TOGETHER][CHUNKS][2];
    auto load = [&](int t) {
#pragma unroll
        for (int j = 0; j < CHUNKS; j++) {
            loaded[t % TOGETHER][j][0] = fresh_four(x + columns[j][0] + t * next_tile);
            loaded[t % TOGETHER][j][1] = fresh_four(x + columns[j][1] + t * next_tile);
        }
    };
#pragma unroll
    for (int t = 0; t < TOGETHER; t++) {
        load(t);
    }
#pragma unroll
    for (int t = 0; t < X_TILES; t++) {
        if (t >= TOGETHER) {
            load(t);
        }
        const float4(*values)[2] = loaded[t % TOGETHER];
        if (t == 0) {
            kept = kept_of(unit);
        }
        bool odd = c % 2 == 1;
#pragma unroll
        for (int j = 0; j < CHUNKS; j++) {
            uint2 a = four_rounded(values[j][0]);
            uint2 b = four_rounded(values[j][1]);
            uint2 given = odd ? a : b;
            given.x = __shfl_xor_sync(0xffffffffu, given.x, 1);
            given.y = __shfl_xor_sync(0xffffffffu, given.y, 1);
            low[t][j] = odd ? given : a;
            high[t][j] = odd ? b : given;
        }
    }

    copies_awaited<0>();
#pragma unroll 2
    for (int i = 0; i < tiles; i++) {
        float product[X_TILES][2][4] = {};
#pragma unroll
        for (int j = 0; j < CHUNKS; j++) {
            uint4 one = held[(i * CHUNKS + j) * 2 * THREADS];
            uint4 two = held[((i * CHUNKS + j) * 2 + 1) * THREADS];
            unsigned lower[4] = {one.x, two.x, one.y, two.y};
            unsigned upper[4] = {one.z, two.z, one.w, two.w};
#pragma unroll
            for (int t = 0; t < X_TILES; t++) {
                multiply_add(product[t][0], lower, low[t][j].x, low[t][j].y);
                multiply_add(product[t][1], upper, high[t][j].x, high[t][j].y);
            }
        }
#pragma unroll
        for (int t = 0; t < X_TILES; t++) {
            const float(*of)[4] = product[t];
            send(sums_there + (i * X_TILES + t) * SLICES * SHARE * (int)sizeof(float4), sums_barrier,
                 make_float4(of[0][0] + of[1][0], of[0][2] + of[1][2], of[0][1] + of[1][1], of[0][3] + of[1][3]));
        }
    }
    end_exchange(&barrier);

    int units = tiles * X_TILES * SHARE * 2;
    for (int index = threadIdx.x; index < units; index += THREADS) {
        if (index >= THREADS) {
            unit = unit_of(p, index, tiles, X_TILES);
            kept = kept_of(unit);
        }
        finish(p, unit, reinterpret_cast<const float2*>(sums), kept);
    }
}

#define SLICED(X_TILES, CHUNKS)                                                                                          \
    extern "C" __global__ void __launch_bounds__(THREADS, 512 / THREADS) sliced_##X_TILES##_##CHUNKS(const Product p) { \
        sliced<X_TILES, CHUNKS>(p);                                                                                      \
    }
SLICED(1, 1)
SLICED(1, 2)
SLICED(1, 3)
SLICED(1, 4)
SLICED(1, 6)
SLICED(2, 1)
SLICED(2, 2)
SLICED(2, 3)
SLICED(2, 4)
