// Projections of up to eight rows: y = norm(x) · weightᵀ with what follows, in one kernel whose pace is the memory's.
//
// A grid that the card holds at once walks over tiles of sixteen weight rows, or of eight. Warps copy pieces of a tile's
// rows into rings of their own in shared memory, whole lines at a time; the first of them start before the kernel that
// makes x is done. A tile's columns may be split over several warps of a block. Rows of x are normed and rounded here, and
// stay in shared memory.

#ifndef WARPS
#define WARPS 8
#endif
#ifndef STAGES
#define STAGES 3
#endif
// Fours of a row that a thread has in registers at once, between their sum of squares and their rounding.
#ifndef HELD
#define HELD 16
#endif
#define THREADS (WARPS * 32)
// Columns of sixteen rows that a warp copies at a time; of eight rows twice as many.
#define CHUNK 128
// Sixteen bytes each, of a stage.
#define STAGE_UNITS 256

#include "product.cuh"

// The rows of x, which the predecessor writes, normed and rounded into shared memory, `stride` values apart; zeros up to
// whole chunks. As many warps share a row as there are for all; what a thread loads at a time is in flight together.
__device__ __forceinline__ void stage_rows(const Product& p, bf16* xs, int padded, int stride) {
    __shared__ float partial[WARPS];
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int sharing = 1;
    while (sharing * 2 * p.rows <= WARPS) {
        sharing *= 2;
    }
    int first = (warp % sharing * 32 + lane) * 4;
    int step = sharing * 128;
    bool norms = p.norm != nullptr;
    bool kept = norms && HELD * step >= padded;
    int row = warp / sharing;
    bool there = row < p.rows;
    const float* x = p.x + (there ? (long long)row * p.k : 0);
    float4 held[HELD];
    auto load = [&](int start) {
#pragma unroll
        for (int j = 0; j < HELD; j++) {
            int i = start + j * step;
            held[j] = there && i < p.k ? fresh_four(x + i) : all_four(0);
        }
    };
    float scale = 1.0f;
    if (norms) {
        float squares = 0;
        for (int start = 0; start < p.k; start += HELD * step) {
            load(first + start);
#pragma unroll
            for (int j = 0; j < HELD; j++) {
                squares += squares_of(held[j]);
            }
        }
        squares = warp_sum(squares);
        if (sharing > 1) {
            if (lane == 0) {
                partial[warp] = squares;
            }
            __syncthreads();
            squares = 0;
            for (int i = 0; i < sharing; i++) {
                squares += partial[warp / sharing * sharing + i];
            }
        }
        scale = 1.0f / sqrtf(squares / p.k + p.epsilon);
    }
    for (int start = first; start < first + padded; start += HELD * step) {
        if (!kept) {
            load(start);
        }
#pragma unroll
        for (int j = 0; j < HELD; j++) {
            int i = start + j * step;
            float4 factors = norms && i < p.k ? four(p.norm + i) : all_four(1);
            if (there && i < padded) {
                *reinterpret_cast<uint2*>(xs + row * stride + i) = four_rounded(held[j], scale, factors);
            }
        }
    }
    __syncthreads();
}

// How columns and tiles are dealt to a warp.
struct Share {
    int width; // columns of a stage
    int from;
    int to;
    int slots; // warps, or groups of them, that take tiles
    int tiles;
    int first; // the first tile of this warp
};

__device__ __forceinline__ Share share_of(const Product& p) {
    int warp = threadIdx.x / 32;
    Share s;
    s.width = p.half ? 2 * CHUNK : CHUNK;
    int chunks = (p.k + s.width - 1) / s.width;
    int part = warp % p.split;
    s.from = part * chunks / p.split * s.width;
    s.to = (part + 1) * chunks / p.split * s.width;
    s.slots = gridDim.x * (WARPS / p.split);
    s.tiles = p.groups[0] + p.groups[1] + p.groups[2] + p.groups[3];
    s.first = warp / p.split * gridDim.x + blockIdx.x;
    return s;
}

// What a warp copies, ahead of what it computes: a chunk of columns of its tile, then the next, then of its next tile.
// A lane copies sixteen bytes of every second row.
struct Walk {
    int tile;
    int column;
    int slot;
    const bf16* low;  // of the tile's first eight rows
    const bf16* high; // of the other eight, or of the same at later columns
    int rows;         // of the eight that there are, from the lane's on
    int high_rows;
};

__device__ __forceinline__ void enter_tile(const Product& p, const Share& share, Walk& walk) {
    if (walk.tile >= share.tiles) {
        return;
    }
    Place place = place_of(p, walk.tile, p.gated || p.half ? 8 : 16);
    int n = p.n[place.part];
    int row = place.row + threadIdx.x % 32 / 16;
    int partner = p.gated ? row + n : p.half ? row : row + 8;
    walk.column = share.from;
    walk.rows = n - row;
    walk.high_rows = p.gated || p.half ? n - row : n - row - 8;
    walk.low = p.weight[place.part] + (long long)row * p.k;
    walk.high = p.weight[place.part] + (long long)partner * p.k;
}

// The next stage on its way into `target`, the lane's place in its warp's ring.
__device__ __forceinline__ void feed(const Product& p, const Share& share, Walk& walk, uint4* target) {
    if (walk.tile < share.tiles) {
        int apart = p.half ? CHUNK : 0;
        int column = walk.column + threadIdx.x % 16 * 8;
        bool inside = column < p.k;
        bool later = column + apart < p.k;
        uint4* stage = target + walk.slot * STAGE_UNITS;
#pragma unroll
        for (int i = 0; i < 4; i++) {
            bool there = inside && walk.rows > 2 * i;
            copy_ahead(stage + i * 32, there ? walk.low + 2 * i * (long long)p.k + column : p.weight[0], there);
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
            bool there = later && walk.high_rows > 2 * i;
            const bf16* source = walk.high + 2 * i * (long long)p.k + column + apart;
            copy_ahead(stage + 128 + i * 32, there ? source : p.weight[0], there);
        }
        walk.column += share.width;
        if (walk.column >= share.to) {
            walk.tile += share.slots;
            enter_tile(p, share, walk);
        }
    }
    walk.slot = walk.slot == STAGES - 1 ? 0 : walk.slot + 1;
    copies_grouped();
}

// What a warp has read of its ring: sums of a tile's sixteen rows, or eight, with eight rows of x.
struct Sums {
    float even[4];
    float odd[4];
};

// One stage's columns of a tile, those of a row and of the one eight rows or CHUNK columns on, with those of x from `x`
// on, where there is such a row of x.
__device__ __forceinline__ void take(
        Sums& sums, const uint4 (&one)[CHUNK / 32], const uint4 (&two)[CHUNK / 32], const bf16* x, bool there, bool half) {
#pragma unroll
    for (int j = 0; j < CHUNK / 32; j++) {
        uint4 v = there ? *reinterpret_cast<const uint4*>(x + j * 32) : make_uint4(0, 0, 0, 0);
        if (half) {
            uint4 w = there ? *reinterpret_cast<const uint4*>(x + CHUNK + j * 32) : make_uint4(0, 0, 0, 0);
            unsigned parts[4][4] = {{one[j].x, 0, one[j].y, 0}, {one[j].z, 0, one[j].w, 0},
                                    {two[j].x, 0, two[j].y, 0}, {two[j].z, 0, two[j].w, 0}};
            multiply_add(sums.even, parts[0], v.x, v.y);
            multiply_add(sums.odd, parts[1], v.z, v.w);
            multiply_add(sums.even, parts[2], w.x, w.y);
            multiply_add(sums.odd, parts[3], w.z, w.w);
        } else {
            unsigned low[4] = {one[j].x, two[j].x, one[j].y, two[j].y};
            unsigned high[4] = {one[j].z, two[j].z, one[j].w, two[j].w};
            multiply_add(sums.even, low, v.x, v.y);
            multiply_add(sums.odd, high, v.z, v.w);
        }
    }
}

// A tile whose columns several warps have: their sums meet in `shared`, and each finishes some. All warps come here.
__device__ __forceinline__ void finish_shared(const Product& p, Place place, const Sums& sum, float* shared, bool there) {
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int first_warp = warp / p.split * p.split;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        shared[(warp * 4 + i) * 32 + lane] = sum.even[i] + sum.odd[i];
    }
    __syncthreads();
    for (int of = warp - first_warp; there && of < 2; of += p.split) {
        float first = 0, second = 0;
        for (int w = first_warp; w < first_warp + p.split; w++) {
            first += shared[(w * 4 + of) * 32 + lane];
            second += shared[(w * 4 + of + 2) * 32 + lane];
        }
        finish(p, place, lane / 4, lane % 4 * 2 + of, first, second);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, 512 / THREADS) tiled_rows(const Product p) {
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int q = lane / 4;
    int c = lane % 4;
    uint4* ring = shared_memory + warp * STAGES * STAGE_UNITS;
    float* sums = reinterpret_cast<float*>(shared_memory + WARPS * STAGES * STAGE_UNITS);
    bf16* xs = reinterpret_cast<bf16*>(sums + 2 * WARPS * 128);
    Share share = share_of(p);
    // Odd rows have their halves exchanged, so that pairs of them meet different banks.
    uint4* target = ring + lane / 16 * 16 + (lane % 16 ^ lane / 16 * 4);
    int turned = q % 2 * 4;
    Walk walk = {share.first, 0, 0, nullptr, nullptr, 0, 0};
    enter_tile(p, share, walk);
#pragma unroll 1
    for (int i = 0; i < STAGES; i++) {
        feed(p, share, walk, target);
    }
    for (int i = threadIdx.x * 32; p.norm != nullptr && i < p.k; i += THREADS * 32) {
        asm volatile("prefetch.global.L2 [%0];" : : "l"(p.norm + i));
    }
    int padded = (p.k + share.width - 1) / share.width * share.width;
    int stride = padded + 32; // an odd number of half lines: eight rows meet different banks
    // What is long enough to hide it has the next kernel's weights wait in the memory behind its own x.
    bool late = p.gated;
    if (!late) {
        admit_successor();
    }
    await_predecessor();
    stage_rows(p, xs, padded, stride);
    if (late) {
        admit_successor();
    }

    const uint4* own = ring + q * 16;
    const bf16* x = xs + q * stride + c * 8;
    bool there = q < p.rows;
    bool half = p.half;
    int slot = 0;
    int rounds = (share.tiles + share.slots - 1) / share.slots;
    int tile = share.first;
    for (int round = 0; round < rounds; round++, tile += share.slots) {
        Place place = place_of(p, tile, p.gated || half ? 8 : 16);
        Sums sum = {};
        if (tile < share.tiles) {
            for (int at = share.from; at < share.to; at += share.width) {
                copies_awaited<STAGES - 1>();
                __syncwarp();
                const uint4* stage = own + slot * STAGE_UNITS;
                uint4 one[CHUNK / 32], two[CHUNK / 32];
#pragma unroll
                for (int j = 0; j < CHUNK / 32; j++) {
                    one[j] = stage[(j * 4 + c) ^ turned];
                    two[j] = stage[128 + ((j * 4 + c) ^ turned)];
                }
                __syncwarp();
                feed(p, share, walk, target);
                take(sum, one, two, x + at, there, half);
                slot = slot == STAGES - 1 ? 0 : slot + 1;
            }
        }
        if (p.split == 1) {
            if (tile < share.tiles) {
                finish(p, place, q, c * 2, sum.even[0] + sum.odd[0], sum.even[2] + sum.odd[2]);
                finish(p, place, q, c * 2 + 1, sum.even[1] + sum.odd[1], sum.even[3] + sum.odd[3]);
            }
            continue;
        }
        finish_shared(p, place, sum, sums + round % 2 * WARPS * 128, tile < share.tiles);
    }
}
