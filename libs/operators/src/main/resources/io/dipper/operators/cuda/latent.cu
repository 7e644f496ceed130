// Latent attention over the paged pool. A token keeps its normed latent and its rotated key, all bfloat16, nothing a head.

struct Shape {
    int heads;
    int plain_dim;
    int rotary_dim;
    int value_dim;
    int latent_dim;
    int interleaved;
    int block_tokens;
    int table_width;
    float scale;
    float epsilon;
    int rows;
};

__device__ bf16* kept(const Shape& shape, const bf16* pool, const int* table, int row, int position) {
    int block = table[row * shape.table_width + position / shape.block_tokens % shape.table_width];
    long long token = (long long)block * shape.block_tokens + position % shape.block_tokens;
    return (bf16*)pool + token * (shape.latent_dim + shape.rotary_dim);
}

// The value `i` of a rotated vector.
__device__ float turned(const Shape& shape, const float* vector, const float* cosines, const float* sines, int token, int i) {
    int half = shape.rotary_dim / 2;
    int pair = shape.interleaved ? i / 2 : i % half;
    bool is_first = shape.interleaved ? i % 2 == 0 : i < half;
    float c = cosines[(long long)token * half + pair];
    float s = sines[(long long)token * half + pair];
    float a = vector[shape.interleaved ? 2 * pair : pair];
    float b = vector[shape.interleaved ? 2 * pair + 1 : pair + half];
    return is_first ? a * c - b * s : b * c + a * s;
}

// A token's latent, normed, and its rotary key go into the pool. A block's work.
__device__ void write_latent(
        Shape shape, const float* latents, bf16* pool, const int* positions, const int* starts, const int* table,
        const float* cosines, const float* sines, const float* norm, int token) {
    __shared__ float partial[32];
    int row = row_among(starts, shape.rows, token);
    const float* source = latents + (long long)token * (shape.latent_dim + shape.rotary_dim);
    float squares = 0;
    for (int i = threadIdx.x; i < shape.latent_dim; i += blockDim.x) {
        squares = fmaf(source[i], source[i], squares);
    }
    float scale = 1.0f / sqrtf(block_sum(squares, partial) / shape.latent_dim + shape.epsilon);
    bf16* place = kept(shape, pool, table, row, positions[token]);
    for (int i = threadIdx.x; i < shape.latent_dim; i += blockDim.x) {
        place[i] = rounded(source[i] * scale * norm[i]);
    }
    for (int i = threadIdx.x; i < shape.rotary_dim; i += blockDim.x) {
        place[shape.latent_dim + i] = rounded(turned(shape, source + shape.latent_dim, cosines, sines, token, i));
    }
}

extern "C" __global__ void write_latents(
        Shape shape, const float* latents, bf16* pool, const int* positions, const int* starts, const int* table,
        const float* cosines, const float* sines, const float* norm) {
    await_predecessor();
    admit_successor();
    write_latent(shape, latents, pool, positions, starts, table, cosines, sines, norm, blockIdx.x);
}

// absorbed [tokens, heads, latent + rotary]: queries taken into the latents' space, the rotary part turned. A block a
// token and head.
extern "C" __global__ void absorb(
        Shape shape, const float* query, const bf16* projection, const float* cosines, const float* sines, float* absorbed) {
    await_predecessor();
    admit_successor();
    int token = blockIdx.x;
    int head = blockIdx.y;
    int width = shape.latent_dim + shape.rotary_dim;
    const float* q = query + ((long long)token * shape.heads + head) * (shape.plain_dim + shape.rotary_dim);
    const bf16* keys = projection + (long long)head * (shape.plain_dim + shape.value_dim) * shape.latent_dim;
    float* target = absorbed + ((long long)token * shape.heads + head) * width;
    for (int i = threadIdx.x; i < shape.latent_dim; i += blockDim.x) {
        float sum = 0;
        for (int p = 0; p < shape.plain_dim; p++) {
            sum = fmaf(q[p], widened(keys[(long long)p * shape.latent_dim + i]), sum);
        }
        target[i] = sum;
    }
    for (int i = threadIdx.x; i < shape.rotary_dim; i += blockDim.x) {
        target[shape.latent_dim + i] = turned(shape, q + shape.plain_dim, cosines, sines, token, i);
    }
}

#define WARPS 4
#define MOST_PER_LANE 16

// mixed [tokens, heads, latent]: a block a token and head. Its warps take the positions in turn, each with a running
// maximum; at the end the warps' sums are put together.
extern "C" __global__ void mix(
        Shape shape, const float* absorbed, const bf16* pool, const int* positions, const int* starts, const int* table,
        float* mixed) {
    extern __shared__ float shared[];
    __shared__ float maxima[WARPS];
    __shared__ float weights[WARPS];
    int width = shape.latent_dim + shape.rotary_dim;
    float* query = shared;
    float* sums = shared + width;
    await_predecessor();
    admit_successor();
    int token = blockIdx.x;
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    int row = row_among(starts, shape.rows, token);
    long long index = (long long)token * shape.heads + blockIdx.y;
    for (int i = threadIdx.x; i < width; i += blockDim.x) {
        query[i] = absorbed[index * width + i];
    }
    __syncthreads();
    int position = positions[token];
    float most = -INFINITE;
    float weight = 0;
    float sum[MOST_PER_LANE];
    for (int j = 0; j < MOST_PER_LANE; j++) {
        sum[j] = 0;
    }
    for (int seen = warp; seen <= position; seen += WARPS) {
        const bf16* latent = kept(shape, pool, table, row, seen);
        float score = 0;
        for (int i = lane; i < width; i += 32) {
            score = fmaf(query[i], widened(latent[i]), score);
        }
        score = warp_sum(score) * shape.scale;
        float larger = fmaxf(most, score);
        float correction = expf(most - larger);
        float share = expf(score - larger);
        most = larger;
        weight = weight * correction + share;
        for (int i = lane, j = 0; i < shape.latent_dim; i += 32, j++) {
            sum[j] = fmaf(share, widened(latent[i]), sum[j] * correction);
        }
    }
    if (lane == 0) {
        maxima[warp] = most;
        weights[warp] = weight;
    }
    __syncthreads();
    float over_all = -INFINITE;
    for (int other = 0; other < WARPS; other++) {
        over_all = fmaxf(over_all, maxima[other]);
    }
    float total = 0;
    for (int other = 0; other < WARPS; other++) {
        total += weights[other] * expf(maxima[other] - over_all);
    }
    float factor = expf(most - over_all) / total;
    for (int i = lane, j = 0; i < shape.latent_dim; i += 32, j++) {
        sums[warp * shape.latent_dim + i] = sum[j] * factor;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < shape.latent_dim; i += blockDim.x) {
        float answer = 0;
        for (int other = 0; other < WARPS; other++) {
            answer += sums[other * shape.latent_dim + i];
        }
        mixed[index * shape.latent_dim + i] = answer;
    }
}

// out [tokens, heads, value]: what was mixed, times the head's value rows. A block a token and head, a warp a value.
extern "C" __global__ void expand(Shape shape, const float* mixed, const bf16* projection, float* out) {
    await_predecessor();
    admit_successor();
    long long index = (long long)blockIdx.x * shape.heads + blockIdx.y;
    const bf16* values = projection
            + ((long long)blockIdx.y * (shape.plain_dim + shape.value_dim) + shape.plain_dim) * shape.latent_dim;
    int lane = threadIdx.x % 32;
    for (int i = threadIdx.x / 32; i < shape.value_dim; i += blockDim.x / 32) {
        float sum = 0;
        for (int l = lane; l < shape.latent_dim; l += 32) {
            sum = fmaf(mixed[index * shape.latent_dim + l], widened(values[(long long)i * shape.latent_dim + l]), sum);
        }
        sum = warp_sum(sum);
        if (lane == 0) {
            out[index * shape.value_dim + i] = sum;
        }
    }
}

#ifdef LATENT
// The same by tensor cores, for LATENT, ROTARY, PLAIN and VALUE known when compiled. The steps pass each other bfloat16.

#define WIDTH (LATENT + ROTARY)
// Few tokens: each block has a part of a head's projection in its registers, and takes all tokens through it.
#define FEW_TOKENS 8
#define FEW_THREADS 256
#define ABSORBED_COLUMNS 256
#define ROWS_A_SLICE (PLAIN / 8)
#define EXPANDED_ROWS 8
#define CHUNKS_A_LANE (LATENT / 256)

__device__ __forceinline__ uint4 constant(const bf16* place) {
    uint4 value;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
                 : "l"(place));
    return value;
}

__device__ __forceinline__ float low(unsigned both) {
    return __uint_as_float(both << 16);
}

__device__ __forceinline__ float high(unsigned both) {
    return __uint_as_float(both & 0xffff0000u);
}

// Keeps the compiler from unpacking a weight once for all tokens, which would take twice the registers.
__device__ __forceinline__ void keep_packed(uint4& weight) {
    asm volatile("" : "+r"(weight.x), "+r"(weight.y), "+r"(weight.z), "+r"(weight.w));
}

// absorbed [tokens, heads, WIDTH]: a block a head and ABSORBED_COLUMNS columns; a thread has eight columns of an eighth of
// the head's keys. The head's values are brought nearer for expand_few. Blocks beyond the heads write the step's latents.
extern "C" __global__ void __launch_bounds__(FEW_THREADS, 2) absorb_few(
        Shape shape, const float* query, const bf16* projection, const float* cosines, const float* sines, bf16* absorbed,
        int tokens, const float* latents, bf16* pool, const int* positions, const int* starts, const int* table,
        const float* norm) {
    __shared__ float queries[FEW_TOKENS][PLAIN];
    __shared__ float sums[8][ABSORBED_COLUMNS];
    if (blockIdx.x >= shape.heads) {
        await_predecessor();
        admit_successor();
        if (blockIdx.y == 0) {
            int token = blockIdx.x - shape.heads;
            write_latent(shape, latents, pool, positions, starts, table, cosines, sines, norm, token);
        }
        return;
    }
    int head = blockIdx.x;
    int column = threadIdx.x % 32 * 8;
    int slice = threadIdx.x / 32;
    const bf16* keys = projection + (long long)head * (PLAIN + VALUE) * LATENT;
    uint4 own[ROWS_A_SLICE];
#pragma unroll
    for (int p = 0; p < ROWS_A_SLICE; p++) {
        own[p] = constant(keys + (slice * ROWS_A_SLICE + p) * LATENT + blockIdx.y * ABSORBED_COLUMNS + column);
    }
    for (int i = blockIdx.y * FEW_THREADS + threadIdx.x; i < VALUE * LATENT / 64; i += gridDim.y * FEW_THREADS) {
        asm volatile("prefetch.global.L2 [%0];" ::"l"(keys + PLAIN * LATENT + i * 64));
    }
    await_predecessor();
    admit_successor();
    for (int i = threadIdx.x; i < tokens * PLAIN; i += FEW_THREADS) {
        long long vector = (long long)(i / PLAIN) * shape.heads + head;
        queries[i / PLAIN][i % PLAIN] = widened(rounded(query[vector * (PLAIN + ROTARY) + i % PLAIN]));
    }
    if (blockIdx.y == 0) {
        for (int i = threadIdx.x; i < tokens * ROTARY; i += FEW_THREADS) {
            long long vector = (long long)(i / ROTARY) * shape.heads + head;
            const float* rotating = query + vector * (PLAIN + ROTARY) + PLAIN;
            absorbed[vector * WIDTH + LATENT + i % ROTARY] =
                    rounded(turned(shape, rotating, cosines, sines, i / ROTARY, i % ROTARY));
        }
    }
    for (int token = 0; token < tokens; token++) {
        __syncthreads();
        float sum[8] = {};
#pragma unroll
        for (int p = 0; p < ROWS_A_SLICE; p++) {
            float q = queries[token][slice * ROWS_A_SLICE + p];
            keep_packed(own[p]);
            unsigned words[4] = {own[p].x, own[p].y, own[p].z, own[p].w};
#pragma unroll
            for (int j = 0; j < 4; j++) {
                sum[2 * j] = fmaf(q, low(words[j]), sum[2 * j]);
                sum[2 * j + 1] = fmaf(q, high(words[j]), sum[2 * j + 1]);
            }
        }
        float4* target = reinterpret_cast<float4*>(&sums[slice][column]);
        target[0] = make_float4(sum[0], sum[1], sum[2], sum[3]);
        target[1] = make_float4(sum[4], sum[5], sum[6], sum[7]);
        __syncthreads();
        float all = 0;
        for (int other = 0; other < 8; other++) {
            all += sums[other][threadIdx.x];
        }
        long long vector = (long long)token * shape.heads + head;
        absorbed[vector * WIDTH + blockIdx.y * ABSORBED_COLUMNS + threadIdx.x] = rounded(all);
    }
}

// Many tokens: what the products with the projections begin from. plain [tokens, heads, PLAIN], and the rotary part of
// absorbed; a block a token and head.
extern "C" __global__ void prepare_queries(
        Shape shape, const float* query, const float* cosines, const float* sines, bf16* plain, bf16* absorbed) {
    await_predecessor();
    admit_successor();
    long long vector = (long long)blockIdx.x * shape.heads + blockIdx.y;
    const float* q = query + vector * (PLAIN + ROTARY);
    for (int i = threadIdx.x; i < PLAIN; i += blockDim.x) {
        plain[vector * PLAIN + i] = rounded(q[i]);
    }
    for (int i = threadIdx.x; i < ROTARY; i += blockDim.x) {
        absorbed[vector * WIDTH + LATENT + i] = rounded(turned(shape, q + PLAIN, cosines, sines, blockIdx.x, i));
    }
}

// Tokens that are looked at together, and heads that look at them; how far rows lie apart in shared memory, in values.
#define SEEN 32
#ifndef HEAD_TILES
#define HEAD_TILES 1
#endif
#define HEADS (16 * HEAD_TILES)
// Tiles of latents in shared memory: with two, one is on its way while the other is looked at. With twice the heads a
// second block does more for the multiprocessor than a second tile.
#define BUFFERS (HEAD_TILES == 1 ? 2 : 1)
#define LATENT_STRIDE (WIDTH + 8)
#define SCORE_STRIDE (SEEN + 4)
#define SHARE_STRIDE (SEEN + 8)
#define MIX_THREADS (128 * HEAD_TILES)
#define SLICES_A_WARP (WIDTH / 64)
#define COLUMNS_A_WARP (LATENT / 4)

struct MixMemory {
#if HEAD_TILES > 1
    bf16 queries[HEADS * LATENT_STRIDE];
#endif
    bf16 latents[BUFFERS][SEEN * LATENT_STRIDE];
    float scores[4][HEADS * SCORE_STRIDE];
    bf16 shares[HEADS * SHARE_STRIDE];
    float corrections[HEADS];
    float maxima[HEADS];
    float weights[HEADS];
};

// The tiles of a token's context that a split has; all splits have as many, but for the last.
__device__ __forceinline__ int tiles_a_split(int position, int splits) {
    return ((position + SEEN) / SEEN + splits - 1) / splits;
}

// A warp's rows of a tile of latents; tokens beyond the position are zeros.
__device__ __forceinline__ void fetch_latents(
        const Shape& shape, bf16* latents, const bf16* pool, const int* table, int row, int first, int position) {
    // Each lane looks up one token's place; a warp's lanes then copy its tokens one after another.
    int seen = min(first + (int)threadIdx.x % 32, position);
    unsigned long long place = (unsigned long long)kept(shape, pool, table, row, seen);
#pragma unroll
    for (int i = 0; i < SEEN * 32 / MIX_THREADS; i++) {
        int token = threadIdx.x / 32 + i * (MIX_THREADS / 32);
        const bf16* source = (const bf16*)__shfl_sync(0xffffffffu, place, token);
#pragma unroll
        for (int part = threadIdx.x % 32; part < WIDTH / 8; part += 32) {
            copy_early(latents + token * LATENT_STRIDE + part * 8, source + part * 8, first + token <= position);
        }
    }
    copies_grouped();
}

// Four rows a warp, a token a lane: their shares of the tile, and by how much what was mixed before shrinks.
__device__ __forceinline__ void share(
        const Shape& shape, MixMemory& memory, int first, int position, float (&most)[4], float (&weight)[4]) {
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int row = threadIdx.x / 32 * 4 + i;
        float score = 0;
        for (int part = 0; part < 4; part++) {
            score += memory.scores[part][row * SCORE_STRIDE + lane];
        }
        score = first + lane <= position ? score * shape.scale : -INFINITE;
        float larger = score;
        for (int distance = 16; distance > 0; distance >>= 1) {
            larger = fmaxf(larger, __shfl_xor_sync(0xffffffffu, larger, distance));
        }
        larger = fmaxf(larger, most[i]);
        float correction = expf(most[i] - larger);
        float own = expf(score - larger);
        most[i] = larger;
        weight[i] = weight[i] * correction + own;
        memory.shares[row * SHARE_STRIDE + lane] = rounded(own);
        if (lane == 0) {
            memory.corrections[row] = correction;
        }
    }
}

#if HEAD_TILES == 1
// The queries of a warp's part of the width, into registers.
__device__ __forceinline__ void load_queries(
        const Shape& shape, const bf16* absorbed, int token, int head, int warp, int lane,
        unsigned (&queries)[SLICES_A_WARP][4]) {
#pragma unroll
    for (int slice = 0; slice < SLICES_A_WARP; slice++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            int own = head + lane / 4 + i % 2 * 8;
            int at = (warp * SLICES_A_WARP + slice) * 16 + lane % 4 * 2 + i / 2 * 8;
            long long vector = (long long)token * shape.heads + own;
            queries[slice][i] =
                    own < shape.heads ? *reinterpret_cast<const unsigned*>(absorbed + vector * WIDTH + at) : 0u;
        }
    }
}
#else
// The queries of all heads of the block, into shared memory.
__device__ __forceinline__ void fetch_queries(
        const Shape& shape, const bf16* absorbed, MixMemory& memory, int token, int head) {
    for (int i = threadIdx.x; i < HEADS * (WIDTH / 8); i += MIX_THREADS) {
        int own = head + i / (WIDTH / 8);
        long long vector = (long long)token * shape.heads + min(own, shape.heads - 1);
        int part = i % (WIDTH / 8) * 8;
        copy_early(memory.queries + i / (WIDTH / 8) * LATENT_STRIDE + part, absorbed + vector * WIDTH + part,
                   own < shape.heads);
    }
    copies_grouped();
}
#endif

// Shrinks what was mixed before, and adds a tile's latents by their shares; a warp its columns.
__device__ __forceinline__ void add_shares(
        const MixMemory& memory, const bf16* latents, int upper_head, int warp, int lane,
        float (&sums)[COLUMNS_A_WARP / 8][4]) {
    float upper = memory.corrections[upper_head + lane / 4];
    float lower = memory.corrections[upper_head + lane / 4 + 8];
#pragma unroll
    for (int n = 0; n < COLUMNS_A_WARP / 8; n++) {
        sums[n][0] *= upper;
        sums[n][1] *= upper;
        sums[n][2] *= lower;
        sums[n][3] *= lower;
    }
#pragma unroll
    for (int slice = 0; slice < SEEN / 16; slice++) {
        unsigned a[4];
        load_matrices(a, memory.shares + (upper_head + lane % 16) * SHARE_STRIDE + slice * 16 + lane / 16 * 8);
#pragma unroll
        for (int n = 0; n < COLUMNS_A_WARP / 8; n += 2) {
            unsigned b[4];
            load_transposed(b, latents + (slice * 16 + lane % 16) * LATENT_STRIDE + warp * COLUMNS_A_WARP
                    + 8 * n + lane / 16 * 8);
            multiply_add(sums[n], a, b[0], b[1]);
            multiply_add(sums[n + 1], a, b[2], b[3]);
        }
    }
}

// All maxima and weights for all warps to see.
__device__ __forceinline__ void keep_measures(
        MixMemory& memory, const float (&most)[4], const float (&weight)[4], int upper_head, int warp, int lane) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
        float total = warp_sum(weight[i]);
        if (lane == 0) {
            memory.maxima[upper_head + warp * 4 + i] = most[i];
            memory.weights[upper_head + warp * 4 + i] = total;
        }
    }
    __syncthreads();
}

// What a warp's part of the width gives of the scores of a tile.
__device__ __forceinline__ void add_scores(
        float (&scores)[SEEN / 8][4],
#if HEAD_TILES == 1
        const unsigned (&queries)[SLICES_A_WARP][4],
#else
        const MixMemory& memory,
#endif
        const bf16* latents, int upper_head, int warp, int lane) {
#pragma unroll
    for (int slice = 0; slice < SLICES_A_WARP; slice++) {
        int along = (warp * SLICES_A_WARP + slice) * 16;
#if HEAD_TILES == 1
        const unsigned(&query)[4] = queries[slice];
#else
        unsigned query[4];
        load_matrices(query, memory.queries + (upper_head + lane % 16) * LATENT_STRIDE + along + lane / 16 * 8);
#endif
#pragma unroll
        for (int n = 0; n < SEEN / 8; n += 2) {
            unsigned b[4];
            load_matrices(b, latents + (8 * n + lane % 8 + lane / 16 * 8) * LATENT_STRIDE
                    + along + lane / 8 % 2 * 8);
            multiply_add(scores[n], query, b[0], b[1]);
            multiply_add(scores[n + 1], query, b[2], b[3]);
        }
    }
}

// A warp's columns of one head's latent, or of a split's part of it with its measures. `i` is where in the fragments of
// `sums` the head's begin.
__device__ __forceinline__ void give(
        const MixMemory& memory, const float (&sums)[COLUMNS_A_WARP / 8][4], int i, long long vector, int own,
        bf16* mixed, float* parts, float2* measures) {
    int warp = threadIdx.x / 32 % 4;
    int lane = threadIdx.x % 32;
    float factor = gridDim.y == 1 ? 1.0f / memory.weights[own] : 1.0f;
    long long part = vector * gridDim.y + blockIdx.y;
#pragma unroll
    for (int n = 0; n < COLUMNS_A_WARP / 8; n++) {
        int column = warp * COLUMNS_A_WARP + 8 * n + lane % 4 * 2;
        if (gridDim.y == 1) {
            *reinterpret_cast<unsigned*>(mixed + vector * LATENT + column) =
                    packed(sums[n][i] * factor, sums[n][i + 1] * factor);
        } else {
            *reinterpret_cast<float2*>(parts + part * LATENT + column) =
                    make_float2(sums[n][i], sums[n][i + 1]);
        }
    }
    if (gridDim.y > 1 && warp == 0 && lane % 4 == 0) {
        measures[part] = make_float2(memory.maxima[own], memory.weights[own]);
    }
}

// mixed [tokens, heads, LATENT] with one split, else parts of it [tokens, heads, splits, LATENT] with their maxima and
// weights. A block HEADS heads of a token and a split of its context. Scores: a warp has a quarter of the width, for all
// heads and tokens of the tile. Mixing: a warp has a quarter of the latents' columns.
extern "C" __global__ void __launch_bounds__(MIX_THREADS, 2) mix_tiles(
        Shape shape, const bf16* absorbed, const bf16* pool, const int* positions, const int* starts, const int* table,
        bf16* mixed, float* parts, float2* measures) {
    extern __shared__ uint4 room[];
    MixMemory& memory = *reinterpret_cast<MixMemory*>(room);
    int groups = (shape.heads + HEADS - 1) / HEADS;
    int token = blockIdx.x / groups;
    int head = blockIdx.x % groups * HEADS;
    int upper_head = threadIdx.x / 128 * 16;
    int warp = threadIdx.x / 32 % 4;
    int lane = threadIdx.x % 32;
    await_predecessor();
    admit_successor();
    int position = positions[token];
    int span = tiles_a_split(position, gridDim.y);
    int from = blockIdx.y * span * SEEN;
    int to = min(from + span * SEEN, position + 1);
    if (from >= to) {
        return;
    }
    int row = row_among(starts, shape.rows, token);
    fetch_latents(shape, memory.latents[0], pool, table, row, from, position);
#if HEAD_TILES == 1
    unsigned queries[SLICES_A_WARP][4];
    load_queries(shape, absorbed, token, head, warp, lane, queries);
#else
    fetch_queries(shape, absorbed, memory, token, head);
#endif
    float sums[COLUMNS_A_WARP / 8][4] = {};
    float most[4] = {-INFINITE, -INFINITE, -INFINITE, -INFINITE};
    float weight[4] = {};
    for (int first = from; first < to; first += SEEN) {
        if (BUFFERS == 1 && first > from) {
            __syncthreads();
            fetch_latents(shape, memory.latents[0], pool, table, row, first, position);
        }
        copies_awaited<0>();
        __syncthreads();
        const bf16* latents = memory.latents[(first - from) / SEEN % BUFFERS];
        if (BUFFERS == 2 && first + SEEN < to) {
            bf16* next = memory.latents[((first - from) / SEEN + 1) % BUFFERS];
            fetch_latents(shape, next, pool, table, row, first + SEEN, position);
        }
        float scores[SEEN / 8][4] = {};
#if HEAD_TILES == 1
        add_scores(scores, queries, latents, upper_head, warp, lane);
#else
        add_scores(scores, memory, latents, upper_head, warp, lane);
#endif
#pragma unroll
        for (int n = 0; n < SEEN / 8; n++) {
            float* target = memory.scores[warp] + (upper_head + lane / 4) * SCORE_STRIDE + 8 * n + lane % 4 * 2;
            *reinterpret_cast<float2*>(target) = make_float2(scores[n][0], scores[n][1]);
            *reinterpret_cast<float2*>(target + 8 * SCORE_STRIDE) = make_float2(scores[n][2], scores[n][3]);
        }
        __syncthreads();
        share(shape, memory, first, position, most, weight);
        __syncthreads();
        add_shares(memory, latents, upper_head, warp, lane, sums);
    }
    keep_measures(memory, most, weight, upper_head, warp, lane);
#pragma unroll
    for (int i = 0; i < 4; i += 2) {
        int own = upper_head + lane / 4 + i * 4;
        long long vector = (long long)token * shape.heads + head + own;
        if (head + own < shape.heads) {
            give(memory, sums, i, vector, own, mixed, parts, measures);
        }
    }
}

// mixed [tokens, heads, LATENT] of its parts, the earliest first; a block a token and head, four columns a thread.
extern "C" __global__ void combine(
        Shape shape, const int* positions, const float4* parts, const float2* measures, uint2* mixed, int splits) {
    await_predecessor();
    admit_successor();
    int position = positions[blockIdx.x];
    int span = tiles_a_split(position, splits);
    int used = ((position + SEEN) / SEEN + span - 1) / span;
    long long vector = (long long)blockIdx.x * shape.heads + blockIdx.y;
    float most = -INFINITE;
    for (int split = 0; split < used; split++) {
        most = fmaxf(most, measures[vector * splits + split].x);
    }
    float4 sum = make_float4(0, 0, 0, 0);
    float total = 0;
    for (int split = 0; split < used; split++) {
        float2 measure = measures[vector * splits + split];
        float factor = expf(measure.x - most);
        total = fmaf(measure.y, factor, total);
        float4 part = parts[(vector * splits + split) * (LATENT / 4) + threadIdx.x];
        sum.x = fmaf(part.x, factor, sum.x);
        sum.y = fmaf(part.y, factor, sum.y);
        sum.z = fmaf(part.z, factor, sum.z);
        sum.w = fmaf(part.w, factor, sum.w);
    }
    float scale = 1.0f / total;
    mixed[vector * (LATENT / 4) + threadIdx.x] =
            make_uint2(packed(sum.x * scale, sum.y * scale), packed(sum.z * scale, sum.w * scale));
}

// out [tokens, heads, VALUE]: a warp has EXPANDED_ROWS of a head's value rows in its registers.
extern "C" __global__ void __launch_bounds__(128, 4) expand_few(
        Shape shape, const bf16* mixed, const bf16* projection, float* out, int tokens) {
    int head = blockIdx.x;
    int lane = threadIdx.x % 32;
    int first = (blockIdx.y * 4 + threadIdx.x / 32) * EXPANDED_ROWS;
    if (first >= VALUE) {
        return;
    }
    const bf16* values = projection + ((long long)head * (PLAIN + VALUE) + PLAIN + first) * LATENT;
    uint4 own[EXPANDED_ROWS][CHUNKS_A_LANE];
#pragma unroll
    for (int i = 0; i < EXPANDED_ROWS; i++) {
#pragma unroll
        for (int chunk = 0; chunk < CHUNKS_A_LANE; chunk++) {
            own[i][chunk] = constant(values + i * LATENT + chunk * 256 + lane * 8);
        }
    }
    await_predecessor();
    admit_successor();
    for (int token = 0; token < tokens; token++) {
        long long vector = (long long)token * shape.heads + head;
        float sums[EXPANDED_ROWS] = {};
#pragma unroll
        for (int chunk = 0; chunk < CHUNKS_A_LANE; chunk++) {
            uint4 x = *reinterpret_cast<const uint4*>(mixed + vector * LATENT + chunk * 256 + lane * 8);
            unsigned words[4] = {x.x, x.y, x.z, x.w};
#pragma unroll
            for (int i = 0; i < EXPANDED_ROWS; i++) {
                keep_packed(own[i][chunk]);
                unsigned factors[4] = {own[i][chunk].x, own[i][chunk].y, own[i][chunk].z, own[i][chunk].w};
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    sums[i] = fmaf(low(words[j]), low(factors[j]), sums[i]);
                    sums[i] = fmaf(high(words[j]), high(factors[j]), sums[i]);
                }
            }
        }
#pragma unroll
        for (int i = 0; i < EXPANDED_ROWS; i++) {
            float sum = warp_sum(sums[i]);
            if (lane == 0) {
                out[vector * VALUE + first + i] = sum;
            }
        }
    }
}
#endif
