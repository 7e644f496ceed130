// Short projections of up to sixteen rows: y = x · weightᵀ with what follows, where what counts is how soon after its
// predecessor a kernel is done. Rows that are normed first are read whole by every block, for their scale: a scale put on
// the sums instead would round x elsewhere than the forms for other numbers of rows do.
//
// A block, or a cluster of them, takes tiles of weight rows, each of its warps a slice of their columns. So a warp reads only
// its own columns of x, straight into the registers that tensor cores take, and all weights are in shared memory, or on
// their way there, before the kernel that makes x is done.
// Sums of the warps meet once, in the shared memory of the block that finishes them. What blocks of a cluster send each
// other waits behind the weights that their multiprocessors get; where there are clusters, a block alone has twice the warps.

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
#if RANKS == 1
#define BLOCKS_ALONE
#endif
#define THREADS (WARPS * 32)
// A thread's registers are bounded as if a block had so many threads: that leaves room for blocks of the kernels before and
// behind.
#define BOUNDING_THREADS(NORMED) (WARPS == 8 ? 512 : (NORMED) ? 640 : 1024)
#define SLICES (RANKS * WARPS)
// Lanes whose sums a block finishes.
#define SHARE (32 / RANKS)
#define CHUNK 32

#include "cluster.cuh"
#include "product.cuh"

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

// Where a lane's fours of a slice of columns begin, such that its neighbour's first and second ones lie beside its own, in
// whole sectors; 0 where there are no such columns. Then the weights are zeros; where there are no rows, nobody asks for
// the sums.
template <int CHUNKS>
__device__ __forceinline__ void place_fours(const Product& p, int slice, int (&columns)[CHUNKS][2]) {
    int c = threadIdx.x % 4;
    int four = slice * CHUNKS * CHUNK + (c / 2 * 4 + c % 2) * 4;
#pragma unroll
    for (int j = 0; j < CHUNKS; j++) {
#pragma unroll
        for (int h = 0; h < 2; h++) {
            int column = four + j * CHUNK + h * 8;
            columns[j][h] = column < p.k ? column : 0;
        }
    }
}

template <int CHUNKS>
__device__ __forceinline__ void load_fours(float4 (&loaded)[CHUNKS][2], const float* x, const int (&columns)[CHUNKS][2]) {
#pragma unroll
    for (int j = 0; j < CHUNKS; j++) {
        loaded[j][0] = fresh_four(x + columns[j][0]);
        loaded[j][1] = fresh_four(x + columns[j][1]);
    }
}

template <int CHUNKS>
__device__ __forceinline__ float squares_of(const Product& p, int slice, const float4 (&loaded)[CHUNKS][2]) {
    int columns[CHUNKS][2];
    place_fours<CHUNKS>(p, slice, columns);
    bool first = slice == 0 && threadIdx.x % 4 == 0;
    float squares = 0;
#pragma unroll
    for (int j = 0; j < CHUNKS; j++) {
#pragma unroll
        for (int h = 0; h < 2; h++) {
            bool inside = columns[j][h] > 0 || (first && j + h == 0);
            squares += inside ? squares_of(loaded[j][h]) : 0.0f;
        }
    }
    return squares;
}

// What the row of x whose columns a lane has is multiplied by: a warp has those of its own slice, and of the other block's.
template <int CHUNKS>
__device__ __forceinline__ float scale_of(const Product& p, const float* x, int slice, const float4 (&loaded)[CHUNKS][2]) {
    __shared__ float partial[WARPS][8];
    float squares = squares_of<CHUNKS>(p, slice, loaded);
    if (RANKS > 1) {
        int other = slice < WARPS ? slice + WARPS : slice - WARPS;
        int columns[CHUNKS][2];
        float4 others[CHUNKS][2];
        place_fours<CHUNKS>(p, other, columns);
        load_fours<CHUNKS>(others, x, columns);
        squares += squares_of<CHUNKS>(p, other, others);
    }
    squares += __shfl_xor_sync(0xffffffffu, squares, 1);
    squares += __shfl_xor_sync(0xffffffffu, squares, 2);
    int row = threadIdx.x % 32 / 4;
    if (threadIdx.x % 4 == 0) {
        partial[threadIdx.x / 32][row] = squares;
    }
    __syncthreads();
    squares = 0;
#pragma unroll
    for (int warp = 0; warp < WARPS; warp++) {
        squares += partial[warp][row];
    }
    return 1.0f / sqrtf(squares / p.k + p.epsilon);
}

// A lane's columns of a row as tensor cores take them: bfloat16, some of them exchanged with its neighbour's.
template <int CHUNKS, bool NORMED>
__device__ __forceinline__ void round_fours(
        const float4 (&values)[CHUNKS][2], float scale, const float4 (&factors)[CHUNKS][2], uint2 (&low)[CHUNKS],
        uint2 (&high)[CHUNKS]) {
    bool odd = threadIdx.x % 2 == 1;
#pragma unroll
    for (int j = 0; j < CHUNKS; j++) {
        uint2 a = four_rounded(values[j][0], scale, NORMED ? factors[j][0] : all_four(1));
        uint2 b = four_rounded(values[j][1], scale, NORMED ? factors[j][1] : all_four(1));
        uint2 given = odd ? a : b;
        given.x = __shfl_xor_sync(0xffffffffu, given.x, 1);
        given.y = __shfl_xor_sync(0xffffffffu, given.y, 1);
        low[j] = odd ? given : a;
        high[j] = odd ? b : given;
    }
}

// A warp's sums over its columns, for all tiles of weight rows, to the blocks that finish them.
template <int X_TILES, int CHUNKS>
__device__ __forceinline__ void multiply_tiles(
        int tiles, const uint4* held, const uint2 (&low)[X_TILES][CHUNKS], const uint2 (&high)[X_TILES][CHUNKS],
        unsigned sums, unsigned barrier) {
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
            send(sums + (i * X_TILES + t) * SLICES * SHARE * (int)sizeof(float4), barrier,
                 make_float4(of[0][0] + of[1][0], of[0][2] + of[1][2], of[0][1] + of[1][1], of[0][3] + of[1][3]));
        }
    }
}

// Grid: clusters, their blocks, or blocks alone. A cluster takes every gridDim.x-th tile; CHUNKS are what a warp has of its columns.
template <int X_TILES, int CHUNKS, bool NORMED>
__device__ __forceinline__ void sliced(const Product& p) {
    static_assert(!NORMED || X_TILES == 1, "one tile of rows at most has its norm here");
    __shared__ unsigned long long barrier;
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int q = lane / 4;
    int slice = (RANKS > 1 ? blockIdx.y * WARPS : 0) + warp;
    int total = p.groups[0] + p.groups[1] + p.groups[2] + p.groups[3];
    int tiles = (total - (int)blockIdx.x + (int)gridDim.x - 1) / (int)gridDim.x;
    int first_column = slice * CHUNKS * CHUNK;
    uint4* held = shared_memory + threadIdx.x;
    float4* sums = reinterpret_cast<float4*>(shared_memory + p.split * CHUNKS * 2 * THREADS);

    prepare_exchange(&barrier);
    copy_weights<CHUNKS>(p, tiles, first_column, held);
    // What is long enough to hide it has the next kernel's weights wait in the memory behind its own x.
    bool late = p.gated;
    if (!late) {
        admit_successor();
    }
    begin_exchange(&barrier, tiles * X_TILES * SLICES * SHARE * (int)sizeof(float4));

    const float* x = p.x + (q < p.rows ? (long long)q * p.k : 0);
    long long next_tile = q + 8 < p.rows ? 8LL * p.k : 0;
    int columns[CHUNKS][2];
    place_fours<CHUNKS>(p, slice, columns);
    float4 factors[CHUNKS][2];
    if (NORMED) {
        load_fours<CHUNKS>(factors, p.norm, columns);
    }
    Unit unit = unit_of(p, threadIdx.x, tiles, X_TILES);
    unsigned sums_there = seen_at(sums + slice * SHARE + lane % SHARE, lane / SHARE);
    unsigned sums_barrier = seen_at(&barrier, lane / SHARE);
    await_predecessor();

    uint2 low[X_TILES][CHUNKS], high[X_TILES][CHUNKS];
    float2 kept;
    constexpr int TOGETHER = X_TILES * CHUNKS <= 6 ? X_TILES : 1;
    float4 loaded[TOGETHER][CHUNKS][2];
#pragma unroll
    for (int t = 0; t < TOGETHER; t++) {
        load_fours<CHUNKS>(loaded[t], x + t * next_tile, columns);
    }
    float scale = NORMED ? scale_of<CHUNKS>(p, x, slice, loaded[0]) : 1.0f;
#pragma unroll
    for (int t = 0; t < X_TILES; t++) {
        if (t >= TOGETHER) {
            load_fours<CHUNKS>(loaded[t % TOGETHER], x + t * next_tile, columns);
        }
        if (t == 0) {
            kept = kept_of(unit);
        }
        round_fours<CHUNKS, NORMED>(loaded[t % TOGETHER], scale, factors, low[t], high[t]);
    }
    if (late) {
        admit_successor();
    }
    copies_awaited<0>();
    multiply_tiles<X_TILES, CHUNKS>(tiles, held, low, high, sums_there, sums_barrier);
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

#define SLICED(NAME, X_TILES, CHUNKS, NORMED)                                                      \
    extern "C" __global__ void __launch_bounds__(BOUNDING_THREADS(NORMED)) NAME(const Product p) { \
        sliced<X_TILES, CHUNKS, NORMED>(p);                                                      \
    }
SLICED(sliced_1_1, 1, 1, false)
SLICED(sliced_1_2, 1, 2, false)
SLICED(sliced_1_3, 1, 3, false)
SLICED(sliced_1_4, 1, 4, false)
SLICED(sliced_1_6, 1, 6, false)
SLICED(normed_1_1, 1, 1, true)
SLICED(normed_1_2, 1, 2, true)
SLICED(normed_1_3, 1, 3, true)
SLICED(normed_1_4, 1, 4, true)
#if WARPS == 8
SLICED(sliced_2_1, 2, 1, false)
SLICED(sliced_2_2, 2, 2, false)
SLICED(sliced_2_3, 2, 3, false)
SLICED(sliced_2_4, 2, 4, false)
#endif
