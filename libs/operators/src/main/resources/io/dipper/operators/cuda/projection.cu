// Projections of few rows: y = norm(x) · weightᵀ with what follows, in one kernel whose pace is the memory's.
//
// A grid that the card holds at once walks over groups of weight rows. Each thread copies its own weights into a ring in
// shared memory and reads back what it copied itself, so that copies run ahead without a barrier; the first of them
// start before the kernel that makes x is done. A group's columns may be split over several warps of a block.

#ifndef WARPS
#define WARPS 16
#endif
#ifndef LONG_STAGES
#define LONG_STAGES 9
#endif
#ifndef ROUNDED_STAGES
#define ROUNDED_STAGES 5
#endif
#define THREADS (WARPS * 32)

#include "product.cuh"

// What a warp copies, ahead of what it computes: a chunk of columns of its group, then the next, then of its next group.
struct Walk {
    int group;
    int column;
    int slot;
    const bf16* first;
    const bf16* second;
    bool one;
    bool two;
};

// The two weight rows that a thread copies of its group, `apart` rows from one another.
__device__ __forceinline__ void enter_group(const Product& p, Walk& walk, int total, int rows, int offset, int apart) {
    if (walk.group >= total) {
        return;
    }
    Place place = place_of(p, walk.group, rows);
    int n = p.n[place.part];
    int row = place.row + offset;
    int partner = p.gated ? row + n : row + apart;
    walk.one = row < n;
    walk.two = p.gated ? row < n : apart > 0 && partner < n;
    const bf16* weight = p.weight[place.part];
    walk.first = weight + (walk.one ? (long long)row * p.k : 0);
    walk.second = weight + (walk.two ? (long long)partner * p.k : 0);
}

// To the next chunk of a warp's columns, or to its next group.
__device__ __forceinline__ void advance(
        const Product& p, Walk& walk, int chunk, int from, int to, int slots, int total, int rows, int offset, int apart) {
    walk.column += chunk;
    if (walk.column >= to) {
        walk.column = from;
        walk.group += slots;
        enter_group(p, walk, total, rows, offset, apart);
    }
}

// A row of x, which the predecessor writes as bfloat16, into shared memory; zeros up to whole chunks.
__device__ __forceinline__ void stage_rounded_row(const Product& p, bf16* xs, int padded) {
    constexpr int HELD = 2;
    const bf16* x = reinterpret_cast<const bf16*>(p.x);
    await_predecessor();
    for (int start = threadIdx.x * 8; start < padded; start += HELD * THREADS * 8) {
        uint4 held[HELD];
#pragma unroll
        for (int j = 0; j < HELD; j++) {
            int i = start + j * THREADS * 8;
            held[j] = i < p.k ? fresh_eight(x + i) : make_uint4(0, 0, 0, 0);
        }
#pragma unroll
        for (int j = 0; j < HELD; j++) {
            int i = start + j * THREADS * 8;
            if (i < padded) {
                *reinterpret_cast<uint4*>(xs + i) = held[j];
            }
        }
    }
    __syncthreads();
}

// A row of x, which the predecessor writes, normed and rounded into shared memory; zeros up to whole chunks.
__device__ __forceinline__ void stage_row(const Product& p, bf16* xs, int padded) {
    __shared__ float partial[WARPS];
    constexpr int HELD = 2;
    float4 held[HELD], factors[HELD];
    bool norms = p.norm != nullptr;
#pragma unroll
    for (int j = 0; j < HELD; j++) {
        int i = (j * THREADS + threadIdx.x) * 4;
        factors[j] = norms && i < p.k ? fresh_four(p.norm + i) : all_four(1);
    }
    await_predecessor();
#pragma unroll
    for (int j = 0; j < HELD; j++) {
        int i = (j * THREADS + threadIdx.x) * 4;
        held[j] = i < p.k ? fresh_four(p.x + i) : all_four(0);
    }
    float scale = 1.0f;
    if (norms) {
        float squares = 0;
#pragma unroll
        for (int j = 0; j < HELD; j++) {
            squares += squares_of(held[j]);
        }
        for (int i = (HELD * THREADS + threadIdx.x) * 4; i < p.k; i += THREADS * 4) {
            squares += squares_of(fresh_four(p.x + i));
        }
        squares = warp_sum(squares);
        if (threadIdx.x % 32 == 0) {
            partial[threadIdx.x / 32] = squares;
        }
        __syncthreads();
        squares = 0;
#pragma unroll
        for (int warp = 0; warp < WARPS; warp++) {
            squares += partial[warp];
        }
        scale = 1.0f / sqrtf(squares / p.k + p.epsilon);
    }
#pragma unroll
    for (int j = 0; j < HELD; j++) {
        int i = (j * THREADS + threadIdx.x) * 4;
        if (i < padded) {
            *reinterpret_cast<uint2*>(xs + i) = four_rounded(held[j], scale, factors[j]);
        }
    }
    for (int i = (HELD * THREADS + threadIdx.x) * 4; i < padded; i += THREADS * 4) {
        bool inside = i < p.k;
        float4 v = inside ? fresh_four(p.x + i) : all_four(0);
        *reinterpret_cast<uint2*>(xs + i) = four_rounded(v, scale, norms && inside ? four(p.norm + i) : all_four(1));
    }
    __syncthreads();
}

__device__ __forceinline__ void multiply(uint4 weights, uint4 values, float2& sum) {
    const unsigned* w = &weights.x;
    const unsigned* v = &values.x;
#pragma unroll
    for (int j = 0; j < 4; j++) {
        sum.x = fmaf(__uint_as_float(w[j] << 16), __uint_as_float(v[j] << 16), sum.x);
        sum.y = fmaf(__uint_as_float(w[j] & 0xffff0000u), __uint_as_float(v[j] & 0xffff0000u), sum.y);
    }
}

// The two sums of all warps that share a group, for lanes 0 and 1 of the first of them. All warps of the block come here.
__device__ __forceinline__ void join_columns(const Product& p, float (*shared)[2], float& first, float& second) {
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    if (lane < 2) {
        shared[warp][lane] = lane == 0 ? first : second;
    }
    __syncthreads();
    if (warp % p.split == 0 && lane < 2) {
        first = second = 0;
        for (int other = 0; other < p.split; other++) {
            first += shared[warp + other][0];
            second += shared[warp + other][1];
        }
    }
}

// y of a pair of weight rows, whose values lanes 0 and 1 have, those of a gate and its partner together.
__device__ __forceinline__ void finish_two(const Product& p, int part, int column, bool mine, float value, float other) {
    float up = __shfl_down_sync(0xffffffffu, value, 1);
    if (mine && (!p.gated || threadIdx.x % 32 == 0)) {
        Target{p.y[part], p.narrow != 0}.set(column, (p.gated ? join(p.gate, value, up) : value) + other);
    }
}

// One row of x: a warp, or several, take a pair of weight rows, neighbours or a gate and its partner.
extern "C" __global__ void __launch_bounds__(THREADS, 1024 / THREADS) long_row(const Product p) {
    constexpr int CHUNK = 256;
    __shared__ float sums[2][WARPS][2];
    uint4* ring = shared_memory + threadIdx.x;
    bf16* xs = reinterpret_cast<bf16*>(shared_memory + LONG_STAGES * 2 * THREADS);
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int chunks = (p.k + CHUNK - 1) / CHUNK;
    int share = warp % p.split;
    int from = share * chunks / p.split * CHUNK + lane * 8;
    int to = (share + 1) * chunks / p.split * CHUNK;
    int slots = gridDim.x * (WARPS / p.split);
    int rows = p.gated ? 1 : 2;
    int total = p.groups[0] + p.groups[1] + p.groups[2] + p.groups[3];

    Walk walk = {(int)(warp / p.split * gridDim.x + blockIdx.x), from, 0, nullptr, nullptr, false, false};
    int group = walk.group;
    enter_group(p, walk, total, rows, 0, 1);
    auto feed = [&]() {
        if (walk.group < total) {
            bool inside = walk.column < p.k;
            int column = inside ? walk.column : 0;
            copy_ahead(ring + walk.slot * 2 * THREADS, walk.first + column, inside && walk.one);
            copy_ahead(ring + (walk.slot * 2 + 1) * THREADS, walk.second + column, inside && walk.two);
            advance(p, walk, CHUNK, from, to, slots, total, rows, 0, 1);
        }
        walk.slot = walk.slot == LONG_STAGES - 1 ? 0 : walk.slot + 1;
        copies_grouped();
    };
    for (int i = 0; i < LONG_STAGES; i++) {
        feed();
    }
    if (p.rounded) {
        stage_rounded_row(p, xs, chunks * CHUNK);
    } else {
        stage_row(p, xs, chunks * CHUNK);
    }
    // Long enough to hide it: the next kernel's weights are to wait in the memory behind x.
    admit_successor();

    int slot = 0;
    int rounds = (total + slots - 1) / slots;
    for (int round = 0; round < rounds; round++, group += slots) {
        Place place = place_of(p, group, rows);
        int n = p.n[place.part];
        // Lane 0 finishes the first row, lane 1 the second, or up's part of the first.
        int column = place.row + (p.gated ? 0 : lane);
        bool mine = group < total && lane < 2 && column < n && share == 0;
        const float* bias = p.bias[place.part];
        float added = mine && bias != nullptr ? fresh(bias + column + (p.gated ? lane * n : 0)) : 0.0f;
        float other = mine && p.residual != nullptr ? fresh(p.residual + column) : 0.0f;
        float2 ones = {0, 0}, twos = {0, 0};
        if (group < total) {
            for (int at = from; at < to + lane * 8; at += CHUNK) {
                copies_awaited<LONG_STAGES - 1>();
                uint4 a = ring[slot * 2 * THREADS];
                uint4 b = ring[(slot * 2 + 1) * THREADS];
                feed();
                uint4 values = *reinterpret_cast<const uint4*>(xs + at);
                multiply(a, values, ones);
                multiply(b, values, twos);
                slot = slot == LONG_STAGES - 1 ? 0 : slot + 1;
            }
        }
        float first = warp_sum(ones.x + ones.y);
        float second = warp_sum(twos.x + twos.y);
        if (p.split > 1) {
            join_columns(p, sums[round % 2], first, second);
        }
        finish_two(p, place.part, column, mine, (lane == 0 ? first : second) + added, other);
    }
}

// A group whose columns several warps have: their sums meet in `shared`, and each finishes some. All warps come here.
template <int TILES>
__device__ __forceinline__ void finish_shared(
        const Product& p, Place place, const float (&sums)[TILES][4], float* shared, bool there) {
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int share = warp % p.split;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 4 * TILES; i++) {
        shared[(warp * 4 * TILES + i) * 32 + lane] = sums[i / 4][i % 4];
    }
    __syncthreads();
    for (int unit = share; there && unit < 2 * TILES; unit += p.split) {
        float first = 0, second = 0;
        for (int w = warp - share; w < warp - share + p.split; w++) {
            const float* of = shared + (w * 4 * TILES + unit / 2 * 4 + unit % 2) * 32 + lane;
            first += of[0];
            second += of[2 * 32];
        }
        finish(p, place, lane / 4, unit / 2 * 8 + lane % 4 * 2 + unit % 2, first, second);
    }
}

// y of a group, whose sums a warp has, or its part of them. All warps come here.
template <int TILES>
__device__ __forceinline__ void finish_tiles(
        const Product& p, Place place, const float (&c)[TILES][4], float* sums, bool there, int q, int lane) {
    if (p.split == 1) {
#pragma unroll
        for (int tile = 0; tile < TILES; tile++) {
            if (there) {
                finish(p, place, q, tile * 8 + lane % 4 * 2, c[tile][0], c[tile][2]);
                finish(p, place, q, tile * 8 + lane % 4 * 2 + 1, c[tile][1], c[tile][3]);
            }
        }
        return;
    }
    finish_shared<TILES>(p, place, c, sums, there);
}

// A thread's pieces of both weight rows.
template <int COPIES>
__device__ __forceinline__ void copy_weights(const Product& p, const Walk& walk, uint4* ring, int total) {
    if (walk.group < total) {
        bool inside = walk.column < p.k;
        int column = inside ? walk.column : 0;
        copy_ahead(ring + walk.slot * COPIES * THREADS, walk.first + column, inside && walk.one);
        copy_ahead(ring + (walk.slot * COPIES + 1) * THREADS, walk.second + column, inside && walk.two);
    }
}

// A thread's pieces of the rows of x.
template <int TILES>
__device__ __forceinline__ void copy_x(const Product& p, const bf16* x, uint4* ring, int slot, int column, int q) {
#pragma unroll
    for (int tile = 0; tile < TILES; tile++) {
        int row = tile * 8 + q;
        bool there = row < p.rows && column < p.k;
        copy_ahead(ring + (slot * (2 + TILES) + 2 + tile) * THREADS, there ? x + (long long)row * p.k + column : x, there);
    }
}

template <int TILES>
__device__ __forceinline__ void multiply_tiles(
        float (&c)[TILES][4], const unsigned (&low)[4], const unsigned (&high)[4], const uint4 (&values)[TILES]) {
#pragma unroll
    for (int tile = 0; tile < TILES; tile++) {
        multiply_add(c[tile], low, values[tile].x, values[tile].y);
        multiply_add(c[tile], high, values[tile].z, values[tile].w);
    }
}

// Up to 8 · TILES rows of x: weights are the first factor of tensor cores' tiles, 16 rows by 32 columns a warp. A thread
// holds eight neighbouring columns of a weight row and of a row of x; tiles take them in the same, other than memory's,
// order. The rows of x are bfloat16 and come from memory as the weights do.
template <int TILES, int STAGES>
__device__ __forceinline__ void rounded_rows(const Product& p) {
    constexpr int CHUNK = 32;
    constexpr int COPIES = 2 + TILES;
    uint4* ring = shared_memory + threadIdx.x;
    float* sums = reinterpret_cast<float*>(shared_memory + STAGES * COPIES * THREADS);
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int q = lane / 4;
    int chunks = (p.k + CHUNK - 1) / CHUNK;
    int share = warp % p.split;
    int from = share * chunks / p.split * CHUNK + lane % 4 * 8;
    int to = (share + 1) * chunks / p.split * CHUNK;
    int slots = gridDim.x * (WARPS / p.split);
    int rows = p.gated || p.half ? 8 : 16;
    int apart = p.half ? 0 : 8;
    int total = p.groups[0] + p.groups[1] + p.groups[2] + p.groups[3];

    Walk walk = {(int)(warp / p.split * gridDim.x + blockIdx.x), from, 0, nullptr, nullptr, false, false};
    int group = walk.group;
    enter_group(p, walk, total, rows, q, apart);
    const bf16* x = reinterpret_cast<const bf16*>(p.x);
    auto next = [&]() {
        advance(p, walk, CHUNK, from, to, slots, total, rows, q, apart);
        walk.slot = walk.slot == STAGES - 1 ? 0 : walk.slot + 1;
    };
    int first_columns[STAGES];
#pragma unroll
    for (int i = 0; i < STAGES; i++) {
        first_columns[i] = walk.group < total ? walk.column : p.k;
        copy_weights<COPIES>(p, walk, ring, total);
        next();
    }
    admit_successor();
    await_predecessor();
#pragma unroll
    for (int i = 0; i < STAGES; i++) {
        copy_x<TILES>(p, x, ring, i, first_columns[i], q);
        copies_grouped();
    }

    int slot = 0;
    int rounds = (total + slots - 1) / slots;
    for (int round = 0; round < rounds; round++, group += slots) {
        float c[TILES][4] = {};
        if (group < total) {
            for (int at = from; at < to + lane % 4 * 8; at += CHUNK) {
                copies_awaited<STAGES - 1>();
                uint4 one = ring[slot * COPIES * THREADS];
                uint4 two = ring[(slot * COPIES + 1) * THREADS];
                unsigned low[4] = {one.x, two.x, one.y, two.y};
                unsigned high[4] = {one.z, two.z, one.w, two.w};
                uint4 values[TILES];
#pragma unroll
                for (int tile = 0; tile < TILES; tile++) {
                    values[tile] = ring[(slot * COPIES + 2 + tile) * THREADS];
                }
                copy_weights<COPIES>(p, walk, ring, total);
                if (walk.group < total) {
                    copy_x<TILES>(p, x, ring, walk.slot, walk.column, q);
                }
                copies_grouped();
                next();
                multiply_tiles<TILES>(c, low, high, values);
                slot = slot == STAGES - 1 ? 0 : slot + 1;
            }
        }
        Place place = place_of(p, group, rows);
        finish_tiles<TILES>(p, place, c, sums, group < total, q, lane);
    }
}

// They take too much shared memory to have a neighbour, so they may have its registers.
#define ROUNDED_ROWS(NAME, TILES, STAGES)                                           \
    extern "C" __global__ void __launch_bounds__(THREADS, 1) NAME(const Product p) { \
        rounded_rows<TILES, STAGES>(p);                                             \
    }
ROUNDED_ROWS(rounded_rows_8, 1, ROUNDED_STAGES)
ROUNDED_ROWS(rounded_rows_16, 2, ROUNDED_STAGES - 1)
ROUNDED_ROWS(rounded_rows_32, 4, ROUNDED_STAGES - 2)
