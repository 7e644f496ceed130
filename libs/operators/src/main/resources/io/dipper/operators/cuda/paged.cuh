// What the kernels of attention over the paged pool share. A block of the pool holds, for each key-value head and each of
// its tokens, the key and then the value, bfloat16: 16 tokens of a head are one piece of memory.
//
//   HEAD_DIM VALUE_DIM GROUP   dimensions of keys and values, query heads that share a key-value head

#ifndef HEAD_DIM
#define HEAD_DIM 128
#define VALUE_DIM 128
#define GROUP 2
#endif

struct Shape {
    int heads;
    int kv_heads;
    int head_dim;
    int value_dim;
    int window;
    int chunk;
    int rotary_dim;
    int interleaved;
    int block_tokens;
    int table_width;
    float scale;
    float softcap;
    float epsilon;
    int narrow;
};

#define PAIR_DIM (HEAD_DIM + VALUE_DIM)
#define PIECES (PAIR_DIM / 8)
// Bytes of rows in shared memory: 16 more than in the pool, so that they are an odd number of 16-byte pieces and ldmatrix, which
// takes a piece of eight rows at a time, meets each bank once.
#define STRIDE (2 * PAIR_DIM + 16)
#define QUERY_STRIDE (2 * HEAD_DIM + 16)
#define LOG2_E 1.4426950408889634f

// 2 to the power of x; 0 for minus infinity.
__device__ __forceinline__ float power(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// A score whose power is the weight: a product of query and key, scaled, capped, times log2(e).
__device__ __forceinline__ float scaled(const Shape& shape, float product) {
    if (shape.softcap == 0.0f) {
        return product * (shape.scale * LOG2_E);
    }
    float x = product * (shape.scale / shape.softcap);
    float tanh = 1.0f - __fdividef(2.0f, power(x * (2.0f * LOG2_E)) + 1.0f);
    return tanh * (shape.softcap * LOG2_E);
}

// The oldest position that a token at `position` sees.
__device__ __forceinline__ int first_seen(const Shape& shape, int position) {
    int first = shape.window > 0 ? max(0, position - shape.window + 1) : 0;
    return shape.chunk > 0 ? max(first, position / shape.chunk * shape.chunk) : first;
}

// Where the 16 tokens of a head lie that begin at position 16 * `sixteen`.
__device__ __forceinline__ const bf16* place_of(
        const Shape& shape, const bf16* pool, int block, int sixteen, int kv_head) {
    int first = sixteen * 16 % shape.block_tokens;
    return pool + (((long long)block * shape.kv_heads + kv_head) * shape.block_tokens + first) * PAIR_DIM;
}

__device__ __forceinline__ int block_of(const Shape& shape, const int* table, int row, int sixteen) {
    return table[row * shape.table_width + sixteen * 16 / shape.block_tokens % shape.table_width];
}

// What a sum of weights over the seen tokens must be multiplied by. A head's sink is a score that takes part in the
// weights and has no value.
__device__ __forceinline__ float share_of(float most, float weight, const float* sinks, int head) {
    if (sinks == nullptr) {
        return 1.0f / weight;
    }
    float sink = sinks[head] * LOG2_E;
    float larger = fmaxf(most, sink);
    float correction = power(most - larger);
    return correction / (weight * correction + power(sink - larger));
}

// Which tokens a tile of `tile_tokens` has: tiles count through the rows of several tokens. Returns the row, or -1 past
// the last tile. By one warp.
__device__ __forceinline__ int find_tile(
        const int* starts, int row_count, int tile_tokens, int wanted, int& token, int& count) {
    int lane = threadIdx.x % 32;
    int passed = 0;
    for (int base = 0; base < row_count; base += 32) {
        int row = base + lane;
        int begin = row < row_count ? starts[row] : 0;
        int end = row < row_count ? starts[row + 1] : 0;
        int tiles = end - begin > 1 ? (end - begin + tile_tokens - 1) / tile_tokens : 0;
        int until = tiles;
        for (int distance = 1; distance < 32; distance *= 2) {
            int other = __shfl_up_sync(0xffffffffu, until, distance);
            until += lane >= distance ? other : 0;
        }
        until += passed;
        unsigned beyond = __ballot_sync(0xffffffffu, until > wanted);
        if (beyond != 0) {
            int of = __ffs(beyond) - 1;
            int first = begin + (wanted - (until - tiles)) * tile_tokens;
            token = __shfl_sync(0xffffffffu, first, of);
            count = min(tile_tokens, __shfl_sync(0xffffffffu, end, of) - token);
            return base + of;
        }
        passed = __shfl_sync(0xffffffffu, until, 31);
    }
    return -1;
}
