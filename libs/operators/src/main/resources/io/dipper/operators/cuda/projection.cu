// Projections of few rows: y = norm(x) · weightᵀ with what follows, in one kernel whose pace is the memory's.
//
// A grid that the card holds at once walks over groups of weight rows. Each thread copies its own weights into a ring in
// shared memory and reads back what it copied itself, so that copies run ahead without a barrier; the first of them
// start before the kernel that makes x is done. A group's columns may be split over several warps of a block.

#ifndef WARPS
#define WARPS 16
#endif
#ifndef SHORT_STAGES
#define SHORT_STAGES 5
#endif
#ifndef LONG_STAGES
#define LONG_STAGES 8
#endif
#ifndef FEW_ROWS_STAGES
#define FEW_ROWS_STAGES 5
#endif
#define THREADS (WARPS * 32)

// As the host fills it in. `groups` are those of each weight: pairs of rows for one row of x, tiles of rows for more.
struct Product {
    const float* x;
    const float* norm;
    const float* residual;
    const bf16* weight[4];
    const float* bias[4];
    float* y[4];
    int n[4]; // columns of y
    int groups[4];
    int k;
    int rows;
    float epsilon;
    int gated; // the weight has n rows of a gate, then n rows of up
    int split; // warps that share a group
    int half;  // tiles have eight rows, not sixteen
    Gate gate;
};

extern __shared__ uint4 shared_memory[];

__device__ __forceinline__ void touch(const void* address) {
    asm volatile("prefetch.global.L2 [%0];" : : "l"(address));
}

__device__ __forceinline__ float squares_of(float4 v) {
    return v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
}

__device__ __forceinline__ uint2 four_rounded(float4 v, float scale, float4 f) {
    return make_uint2(packed(v.x * scale * f.x, v.y * scale * f.y), packed(v.z * scale * f.z, v.w * scale * f.w));
}

__device__ __forceinline__ float4 four(const float* address) {
    return *reinterpret_cast<const float4*>(address);
}

__device__ __forceinline__ float4 all_four(float value) {
    return make_float4(value, value, value, value);
}

// Norm weights into the second-level cache, while there is time.
__device__ __forceinline__ void touch_norm(const Product& p) {
    for (int i = threadIdx.x * 32; p.norm != nullptr && i < p.k; i += THREADS * 32) {
        touch(p.norm + i);
    }
}

// Where a group's rows begin.
struct Place {
    int part;
    int row;
};

__device__ __forceinline__ Place place_of(const Product& p, int group, int rows) {
    Place place = {0, group};
#pragma unroll 1
    while (place.part < 3 && place.row >= p.groups[place.part]) {
        place.row -= p.groups[place.part];
        place.part++;
    }
    place.row *= rows;
    return place;
}

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
    admit_successor();
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

// One row of x: a warp, or several, take a pair of weight rows, neighbours or a gate and its partner.
template <int STAGES>
__device__ __forceinline__ void one_row(const Product& p) {
    constexpr int CHUNK = 256;
    __shared__ float sums[2][WARPS][2];
    uint4* ring = shared_memory + threadIdx.x;
    bf16* xs = reinterpret_cast<bf16*>(shared_memory + STAGES * 2 * THREADS);
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
            walk.column += CHUNK;
            if (walk.column >= to) {
                walk.column = from;
                walk.group += slots;
                enter_group(p, walk, total, rows, 0, 1);
            }
        }
        walk.slot = walk.slot == STAGES - 1 ? 0 : walk.slot + 1;
        copies_grouped();
    };
    for (int i = 0; i < STAGES - 1; i++) {
        feed();
    }
    stage_row(p, xs, chunks * CHUNK);

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
                copies_awaited<STAGES - 2>();
                uint4 a = ring[slot * 2 * THREADS];
                uint4 b = ring[(slot * 2 + 1) * THREADS];
                feed();
                uint4 values = *reinterpret_cast<const uint4*>(xs + at);
                multiply(a, values, ones);
                multiply(b, values, twos);
                slot = slot == STAGES - 1 ? 0 : slot + 1;
            }
        }
        float first = warp_sum(ones.x + ones.y);
        float second = warp_sum(twos.x + twos.y);
        if (p.split > 1) {
            float(*own)[2] = sums[round % 2];
            if (lane < 2) {
                own[warp][lane] = lane == 0 ? first : second;
            }
            __syncthreads();
            if (share == 0 && lane < 2) {
                first = second = 0;
                for (int other_warp = 0; other_warp < p.split; other_warp++) {
                    first += own[warp + other_warp][0];
                    second += own[warp + other_warp][1];
                }
            }
        }
        float value = (lane == 0 ? first : second) + added;
        float up = __shfl_down_sync(0xffffffffu, value, 1);
        if (mine && (!p.gated || lane == 0)) {
            p.y[place.part][column] = (p.gated ? join(p.gate, value, up) : value) + other;
        }
    }
}

// Short products leave room for the next kernel's block, which then has its first weights when it may begin. Long ones
// are quicker with more in flight.
extern "C" __global__ void __launch_bounds__(THREADS, 1024 / THREADS) short_row(const Product p) {
    one_row<SHORT_STAGES>(p);
}

extern "C" __global__ void __launch_bounds__(THREADS, 1024 / THREADS) long_row(const Product p) {
    one_row<LONG_STAGES>(p);
}

__device__ __forceinline__ void clear_rows(bf16* rows, int count) {
    for (int i = threadIdx.x * 8; i < count; i += THREADS * 8) {
        *reinterpret_cast<uint4*>(rows + i) = make_uint4(0, 0, 0, 0);
    }
}

// The rows of x, normed and rounded, into shared memory, `stride` values apart; zeros up to whole chunks. As many warps
// share a row as there are for all; what a thread loads at a time is in flight together.
__device__ __forceinline__ void stage_rows(const Product& p, bf16* xs, int padded, int stride) {
    __shared__ float partial[WARPS];
    constexpr int HELD = 4;
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
    for (int base = 0; base < p.rows; base += WARPS / sharing) {
        int row = base + warp / sharing;
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
            if (lane == 0) {
                partial[warp] = squares;
            }
            __syncthreads();
            squares = 0;
            for (int i = 0; i < sharing; i++) {
                squares += partial[warp / sharing * sharing + i];
            }
            scale = 1.0f / sqrtf(squares / p.k + p.epsilon);
        }
        for (int start = first; start < first + padded; start += HELD * step) {
            float4 factors[HELD];
#pragma unroll
            for (int j = 0; j < HELD; j++) {
                int i = start + j * step;
                factors[j] = norms && i < p.k ? four(p.norm + i) : all_four(1);
            }
            if (!kept) {
                load(start);
            }
#pragma unroll
            for (int j = 0; j < HELD; j++) {
                int i = start + j * step;
                if (there && i < padded) {
                    *reinterpret_cast<uint2*>(xs + row * stride + i) = four_rounded(held[j], scale, factors[j]);
                }
            }
        }
        __syncthreads();
    }
}

// y of two weight rows, eight apart or a gate and its partner, for one row of x.
__device__ __forceinline__ void finish(const Product& p, Place place, int offset, int x_row, float first, float second) {
    int row = place.row + offset;
    int n = p.n[place.part];
    if (x_row >= p.rows || row >= n) {
        return;
    }
    const float* bias = p.bias[place.part];
    float* y = p.y[place.part] + (long long)x_row * n;
    const float* residual = p.residual == nullptr ? nullptr : p.residual + (long long)x_row * n;
    first += bias == nullptr ? 0.0f : bias[row];
    if (p.gated) {
        second += bias == nullptr ? 0.0f : bias[n + row];
        first = join(p.gate, first, second);
    }
    y[row] = first + (residual == nullptr ? 0.0f : fresh(residual + row));
    if (!p.gated && !p.half && row + 8 < n) {
        second += bias == nullptr ? 0.0f : bias[row + 8];
        y[row + 8] = second + (residual == nullptr ? 0.0f : fresh(residual + row + 8));
    }
}

// Up to 8 · TILES rows of x: weights are the first factor of tensor cores' tiles, 16 rows by 32 columns a warp. A thread
// holds eight neighbouring columns of a weight row and of a row of x; tiles take them in the same, other than memory's,
// order. ROUNDED rows of x come from memory as the weights do; others are float32, normed here, and stay in shared memory.
template <int TILES, bool ROUNDED, int STAGES>
__device__ void few_rows(const Product& p) {
    constexpr int CHUNK = 32;
    constexpr int COPIES = ROUNDED ? 2 + TILES : 2;
    uint4* ring = shared_memory + threadIdx.x;
    float* sums = reinterpret_cast<float*>(shared_memory + STAGES * COPIES * THREADS);
    bf16* xs = reinterpret_cast<bf16*>(sums + THREADS * 4 * TILES);
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
    int padded = chunks * CHUNK;
    int stride = (padded + 63) / 64 * 64 + 32; // an odd number of half lines: eight rows meet different banks

    Walk walk = {(int)(warp / p.split * gridDim.x + blockIdx.x), from, 0, nullptr, nullptr, false, false};
    int group = walk.group;
    enter_group(p, walk, total, rows, q, apart);
    const bf16* x = reinterpret_cast<const bf16*>(p.x);
    auto feed_weights = [&]() {
        if (walk.group < total) {
            bool inside = walk.column < p.k;
            int column = inside ? walk.column : 0;
            copy_ahead(ring + walk.slot * COPIES * THREADS, walk.first + column, inside && walk.one);
            copy_ahead(ring + (walk.slot * COPIES + 1) * THREADS, walk.second + column, inside && walk.two);
        }
    };
    auto feed_x = [&](int slot, int column) {
#pragma unroll
        for (int tile = 0; tile < TILES; tile++) {
            int row = tile * 8 + q;
            bool there = row < p.rows && column < p.k;
            copy_ahead(ring + (slot * COPIES + 2 + tile) * THREADS, there ? x + (long long)row * p.k + column : x, there);
        }
    };
    auto next = [&]() {
        walk.column += CHUNK;
        if (walk.column >= to) {
            walk.column = from;
            walk.group += slots;
            enter_group(p, walk, total, rows, q, apart);
        }
        walk.slot = walk.slot == STAGES - 1 ? 0 : walk.slot + 1;
    };
    int first_columns[STAGES - 1];
#pragma unroll
    for (int i = 0; i < STAGES - 1; i++) {
        first_columns[i] = walk.group < total ? walk.column : p.k;
        feed_weights();
        next();
        if (!ROUNDED) {
            copies_grouped();
        }
    }
    if (!ROUNDED) {
        touch_norm(p);
        clear_rows(xs + p.rows * stride, (8 * TILES - p.rows) * stride);
    }
    admit_successor();
    await_predecessor();
    if (ROUNDED) {
#pragma unroll
        for (int i = 0; i < STAGES - 1; i++) {
            feed_x(i, first_columns[i]);
            copies_grouped();
        }
    } else {
        stage_rows(p, xs, padded, stride);
    }

    int slot = 0;
    int rounds = (total + slots - 1) / slots;
    for (int round = 0; round < rounds; round++, group += slots) {
        float c[TILES][4] = {};
        if (group < total) {
            for (int at = from; at < to + lane % 4 * 8; at += CHUNK) {
                copies_awaited<STAGES - 2>();
                uint4 one = ring[slot * COPIES * THREADS];
                uint4 two = ring[(slot * COPIES + 1) * THREADS];
                unsigned low[4] = {one.x, two.x, one.y, two.y};
                unsigned high[4] = {one.z, two.z, one.w, two.w};
                uint4 values[TILES];
#pragma unroll
                for (int tile = 0; tile < TILES; tile++) {
                    values[tile] = ROUNDED ? ring[(slot * COPIES + 2 + tile) * THREADS]
                                           : *reinterpret_cast<const uint4*>(xs + (tile * 8 + q) * stride + at);
                }
                feed_weights();
                if (ROUNDED && walk.group < total) {
                    feed_x(walk.slot, walk.column);
                }
                copies_grouped();
                next();
#pragma unroll
                for (int tile = 0; tile < TILES; tile++) {
                    multiply_add(c[tile], low, values[tile].x, values[tile].y);
                    multiply_add(c[tile], high, values[tile].z, values[tile].w);
                }
                slot = slot == STAGES - 1 ? 0 : slot + 1;
            }
        }
        Place place = place_of(p, group, rows);
        if (p.split == 1) {
#pragma unroll
            for (int tile = 0; tile < TILES; tile++) {
                if (group < total) {
                    finish(p, place, q, tile * 8 + lane % 4 * 2, c[tile][0], c[tile][2]);
                    finish(p, place, q, tile * 8 + lane % 4 * 2 + 1, c[tile][1], c[tile][3]);
                }
            }
            continue;
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < 4 * TILES; i++) {
            sums[(warp * 4 * TILES + i) * 32 + lane] = c[i / 4][i % 4];
        }
        __syncthreads();
        for (int unit = share; group < total && unit < 2 * TILES; unit += p.split) {
            float first = 0, second = 0;
            for (int w = warp - share; w < warp - share + p.split; w++) {
                const float* of = sums + (w * 4 * TILES + unit / 2 * 4 + unit % 2) * 32 + lane;
                first += of[0];
                second += of[2 * 32];
            }
            finish(p, place, q, unit / 2 * 8 + lane % 4 * 2 + unit % 2, first, second);
        }
    }
}

// Those whose rows come through the ring take too much shared memory to have a neighbour; they may have its registers.
#define FEW_ROWS(NAME, TILES, ROUNDED, STAGES, BLOCKS)                                   \
    extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) NAME(const Product p) { \
        few_rows<TILES, ROUNDED, STAGES>(p);                                             \
    }
FEW_ROWS(rows_8, 1, false, FEW_ROWS_STAGES, 1024 / THREADS)
FEW_ROWS(rounded_rows_8, 1, true, FEW_ROWS_STAGES, 1)
FEW_ROWS(rounded_rows_16, 2, true, FEW_ROWS_STAGES - 1, 1)
FEW_ROWS(rounded_rows_32, 4, true, FEW_ROWS_STAGES - 2, 1)
