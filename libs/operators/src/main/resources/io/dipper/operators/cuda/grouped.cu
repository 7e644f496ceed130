// The chosen experts of many tokens: pairs of token and expert are sorted by expert, and each expert's matrices are read
// once for TILE_ROWS of its pairs.

#ifndef TILE_ROWS
#define TILE_ROWS 16
#endif
// Columns of each half of a tile: of the opened halves, or of neighbouring outputs.
#ifndef HALF
#define HALF 64
#endif
// Values along a product that a stage holds, and stages that are on their way.
#define DEPTH 64
#define STAGES (HALF == 64 ? 4 : 6)
#define THREADS 128

#define WARPS_DOWN (TILE_ROWS == 64 ? 2 : 1)
#define WARPS_ACROSS (4 / WARPS_DOWN)
#define M_TILES (TILE_ROWS / 16 / WARPS_DOWN)
#define N_TILES (HALF / 8 / WARPS_ACROSS)
#define STAGE_ROWS (TILE_ROWS + 2 * HALF)

// Rows as bfloat16, four values a thread: a token's, or a pair's times its weight.
__device__ __forceinline__ void round_inputs(
        const float* x, const float* weights, uint2* target, int used, int quarters, long long count, int block) {
    long long i = (long long)block * blockDim.x + threadIdx.x;
    if (i >= count) {
        return;
    }
    long long row = i / quarters;
    float factor = weights == nullptr ? 1.0f : weights[row];
    long long source = weights == nullptr ? row : row / used;
    float4 values = reinterpret_cast<const float4*>(x)[source * quarters + i % quarters];
    target[i] = make_uint2(packed(values.x * factor, values.y * factor), packed(values.z * factor, values.w * factor));
}

// order [pairs]: the pairs sorted by expert, those of one expert as they come; starts [experts + 1]: where each expert's
// begin. A block an expert: its threads count and place the pairs of their own stretches.
__device__ __forceinline__ void sort_pairs(const int* chosen, int pairs, int experts, int* starts, int* order) {
    __shared__ int sums[2][32];
    int expert = blockIdx.x;
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int span = (pairs + blockDim.x - 1) / blockDim.x;
    int from = min((int)threadIdx.x * span, pairs);
    int to = min(from + span, pairs);
    int lower = 0;
    int own = 0;
    for (int i = from; i < to; i++) {
        lower += chosen[i] < expert;
        own += chosen[i] == expert;
    }
    int place = own;
    for (int distance = 1; distance < 32; distance <<= 1) {
        int before = __shfl_up_sync(0xffffffffu, place, distance);
        place += lane >= distance ? before : 0;
        lower += __shfl_xor_sync(0xffffffffu, lower, distance);
    }
    if (lane == 31) {
        sums[0][warp] = place;
        sums[1][warp] = lower;
    }
    __syncthreads();
    place -= own;
    int start = 0;
    for (int other = 0; other < blockDim.x / 32; other++) {
        start += sums[1][other];
        place += other < warp ? sums[0][other] : 0;
    }
    place += start;
    if (threadIdx.x == 0) {
        starts[expert] = start;
        if (expert == experts - 1) {
            starts[experts] = pairs;
        }
    }
    for (int i = from; i < to; i++) {
        if (chosen[i] == expert) {
            order[place++] = i;
        }
    }
}

// A block an expert sorts, the others round.
extern "C" __global__ void prepare_pairs(
        const int* chosen, int pairs, int experts, int* starts, int* order, const float* x, const float* weights,
        uint2* target, int used, int quarters, long long count) {
    await_predecessor();
    admit_successor();
    if (blockIdx.x < experts) {
        sort_pairs(chosen, pairs, experts, starts, order);
    } else {
        round_inputs(x, weights, target, used, quarters, count, blockIdx.x - experts);
    }
}

struct Tile {
    int expert;
    int first;
    int rows;
};

// The tile with this index, counted over the experts in turn; no rows beyond the last.
__device__ Tile find_tile(const int* starts, int experts, int index) {
    __shared__ Tile found;
    if (threadIdx.x == 0) {
        found.rows = 0;
    }
    __syncthreads();
    if (threadIdx.x < 32) {
        int each = (experts + 31) / 32;
        int from = min((int)threadIdx.x * each, experts);
        int to = min(from + each, experts);
        int tiles = 0;
        for (int expert = from; expert < to; expert++) {
            tiles += (starts[expert + 1] - starts[expert] + TILE_ROWS - 1) / TILE_ROWS;
        }
        int before = tiles;
        for (int distance = 1; distance < 32; distance <<= 1) {
            int other = __shfl_up_sync(0xffffffffu, before, distance);
            before += threadIdx.x >= distance ? other : 0;
        }
        before -= tiles;
        if (index >= before && index < before + tiles) {
            int expert = from;
            for (;; expert++) {
                int own = (starts[expert + 1] - starts[expert] + TILE_ROWS - 1) / TILE_ROWS;
                if (index < before + own) {
                    break;
                }
                before += own;
            }
            found.expert = expert;
            found.first = starts[expert] + (index - before) * TILE_ROWS;
            found.rows = min(starts[expert + 1] - found.first, TILE_ROWS);
        }
    }
    __syncthreads();
    return found;
}

// A product of a tile's rows with the two halves of its weight rows. Stages lie in shared memory: rows of DEPTH values,
// the tile's first, then both halves'; the eight pieces of 16 bytes of a row are exchanged by its number, so that no two
// of eight rows lie in the same banks.
struct Product {
    uint4* stages;
    int k;
    // Where this thread's pieces of rows begin; a row that is not wanted is the first one and read as zeros.
    const bf16* inputs[TILE_ROWS / 16];
    bool has_input[TILE_ROWS / 16];
    const bf16* weights[2];
    int wanted[2];
    float sums[2][M_TILES][N_TILES][4];

    __device__ __forceinline__ uint4* piece(int stage, int row, int part) const {
        return stages + (stage * STAGE_ROWS + row) * 8 + (part ^ row & 7);
    }

    __device__ __forceinline__ void load_weights(int step) const {
        int part = threadIdx.x % 8;
        int at = step * DEPTH + part * 8;
#pragma unroll
        for (int i = 0; i < 2 * HALF / 16; i++) {
            int row = threadIdx.x / 8 + i % (HALF / 16) * 16;
            bool there = at < k && row < wanted[i / (HALF / 16)];
            const bf16* source = weights[i / (HALF / 16)] + (there ? (long long)row * k + at : 0);
            copy_early(piece(step % STAGES, TILE_ROWS + threadIdx.x / 8 + 16 * i, part), source, there);
        }
    }

    __device__ __forceinline__ void load_inputs(int step) const {
        int part = threadIdx.x % 8;
        int at = step * DEPTH + part * 8;
#pragma unroll
        for (int i = 0; i < TILE_ROWS / 16; i++) {
            bool there = at < k && has_input[i];
            copy_early(piece(step % STAGES, threadIdx.x / 8 + 16 * i, part), inputs[i] + (there ? at : 0), there);
        }
    }

    __device__ __forceinline__ void add(int stage) {
        int lane = threadIdx.x % 32;
        int down = threadIdx.x / 32 / WARPS_ACROSS * M_TILES * 16;
        int across = TILE_ROWS + threadIdx.x / 32 % WARPS_ACROSS * N_TILES * 8;
#pragma unroll
        for (int slice = 0; slice < DEPTH / 16; slice++) {
            unsigned a[M_TILES][4];
#pragma unroll
            for (int m = 0; m < M_TILES; m++) {
                load_matrices(a[m], piece(stage, down + 16 * m + lane % 16, 2 * slice + lane / 16));
            }
#pragma unroll
            for (int n = 0; n < 2 * N_TILES; n += 2) {
                unsigned b[4];
                int own = n + lane / 16;
                int row = across + own / N_TILES * HALF + own % N_TILES * 8 + lane % 8;
                load_matrices(b, piece(stage, row, 2 * slice + lane / 8 % 2));
#pragma unroll
                for (int m = 0; m < M_TILES; m++) {
                    multiply_add(sums[n / N_TILES][m][n % N_TILES], a[m], b[0], b[1]);
                    multiply_add(sums[(n + 1) / N_TILES][m][(n + 1) % N_TILES], a[m], b[2], b[3]);
                }
            }
        }
    }

    // The weights of the first STAGES - 1 steps have been asked for.
    __device__ __forceinline__ void run() {
        int steps = (k + DEPTH - 1) / DEPTH;
        memset(sums, 0, sizeof(sums));
        for (int step = 0; step < STAGES - 1; step++) {
            if (step < steps) {
                load_inputs(step);
            }
            copies_grouped();
        }
        for (int step = 0; step < steps; step++) {
            copies_awaited<STAGES - 2>();
            __syncthreads();
            if (step + STAGES - 1 < steps) {
                load_weights(step + STAGES - 1);
                load_inputs(step + STAGES - 1);
            }
            copies_grouped();
            add(step % STAGES);
        }
    }

    __device__ __forceinline__ void load_first_weights() const {
        for (int step = 0; step < STAGES - 1 && step * DEPTH < k; step++) {
            load_weights(step);
        }
    }

    // Calls `each(row of the tile, column of a half, two sums of the first half, two of the second)`.
    template <class Each>
    __device__ __forceinline__ void give(Each each) const {
        int lane = threadIdx.x % 32;
        int down = threadIdx.x / 32 / WARPS_ACROSS * M_TILES * 16;
        int across = threadIdx.x / 32 % WARPS_ACROSS * N_TILES * 8;
#pragma unroll
        for (int m = 0; m < M_TILES; m++) {
#pragma unroll
            for (int n = 0; n < N_TILES; n++) {
#pragma unroll
                for (int i = 0; i < 4; i += 2) {
                    int row = down + 16 * m + lane / 4 + 4 * i;
                    int column = across + 8 * n + lane % 4 * 2;
                    each(row, column, make_float2(sums[0][m][n][i], sums[0][m][n][i + 1]),
                         make_float2(sums[1][m][n][i], sums[1][m][n][i + 1]));
                }
            }
        }
    }
};

// joined [pairs, inner] bfloat16, in sorted order: a block a tile of pairs and HALF columns.
extern "C" __global__ void __launch_bounds__(THREADS) open_tiles(
        const bf16* x, const int* order, const int* starts, const bf16* gate_up, const float* bias, bf16* joined,
        int experts, int pairs_a_row, int hidden, int inner, Gate gate) {
    extern __shared__ uint4 shared[];
    await_predecessor();
    admit_successor();
    Tile tile = find_tile(starts, experts, blockIdx.x);
    if (tile.rows == 0) {
        return;
    }
    int first = blockIdx.y * HALF;
    long long expert = 2LL * tile.expert * inner;
    Product product;
    product.stages = shared;
    product.k = hidden;
    for (int half = 0; half < 2; half++) {
        product.weights[half] = gate_up + (expert + half * inner + first) * hidden;
        product.wanted[half] = inner - first;
    }
    for (int i = 0; i < TILE_ROWS / 16; i++) {
        int row = threadIdx.x / 8 + 16 * i;
        product.has_input[i] = row < tile.rows;
        int pair = order[tile.first + (row < tile.rows ? row : 0)];
        product.inputs[i] = x + (long long)(pair / pairs_a_row) * hidden;
    }
    product.load_first_weights();
    product.run();
    product.give([&](int row, int column, float2 opened, float2 up) {
        column += first;
        if (row < tile.rows && column < inner) {
            if (bias != nullptr) {
                opened.x += bias[expert + column];
                opened.y += bias[expert + column + 1];
                up.x += bias[expert + inner + column];
                up.y += bias[expert + inner + column + 1];
            }
            unsigned* target = reinterpret_cast<unsigned*>(joined + (long long)(tile.first + row) * inner + column);
            *target = packed(join(gate, opened.x, up.x), join(gate, opened.y, up.y));
        }
    });
}

// outputs [pairs, hidden], as the pairs come: a block a tile of pairs and twice HALF columns. The pairs were sorted before
// open_tiles ran, so the first weights are fetched before it is done.
extern "C" __global__ void __launch_bounds__(THREADS) close_tiles(
        const bf16* joined, const int* order, const int* starts, const bf16* down, const float* bias, float* outputs,
        int experts, int hidden, int inner) {
    extern __shared__ uint4 shared[];
    Tile tile = find_tile(starts, experts, blockIdx.x);
    if (tile.rows == 0) {
        return;
    }
    int first = blockIdx.y * 2 * HALF;
    long long expert = (long long)tile.expert * hidden;
    Product product;
    product.stages = shared;
    product.k = inner;
    for (int half = 0; half < 2; half++) {
        int begin = min(first + half * HALF, hidden);
        product.weights[half] = down + (expert + min(begin, hidden - 1)) * inner;
        product.wanted[half] = hidden - begin;
    }
    for (int i = 0; i < TILE_ROWS / 16; i++) {
        int row = threadIdx.x / 8 + 16 * i;
        product.has_input[i] = row < tile.rows;
        product.inputs[i] = joined + (long long)(tile.first + (row < tile.rows ? row : 0)) * inner;
    }
    product.load_first_weights();
    await_predecessor();
    admit_successor();
    product.run();
    product.give([&](int row, int column, float2 left, float2 right) {
        if (row < tile.rows) {
            float* target = outputs + (long long)order[tile.first + row] * hidden;
            for (int half = 0; half < 2; half++) {
                float2 values = half == 0 ? left : right;
                int at = first + half * HALF + column;
                if (at < hidden) {
                    if (bias != nullptr) {
                        values.x += bias[expert + at];
                        values.y += bias[expert + at + 1];
                    }
                    *reinterpret_cast<float2*>(target + at) = values;
                }
            }
        }
    });
}

// y [tokens, hidden]: a token's outputs by weight, best expert first; four columns a thread.
extern "C" __global__ void sum_pairs(
        const float4* outputs, const float* weights, float4* y, int used, int quarters, int weighs_input) {
    await_predecessor();
    admit_successor();
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= quarters) {
        return;
    }
    float4 sum = make_float4(0, 0, 0, 0);
    for (int slot = 0; slot < used; slot++) {
        long long pair = (long long)blockIdx.y * used + slot;
        float weight = weighs_input ? 1.0f : weights[pair];
        float4 values = outputs[pair * quarters + column];
        sum.x = fmaf(values.x, weight, sum.x);
        sum.y = fmaf(values.y, weight, sum.y);
        sum.z = fmaf(values.z, weight, sum.z);
        sum.w = fmaf(values.w, weight, sum.w);
    }
    y[(long long)blockIdx.y * quarters + column] = sum;
}
