// What comes before attention of prompts over the paged pool, for heads of whole 16s: queries made ready, keys and values into
// the pool. Compiled for one shape, paged.cuh has its dimensions.

#include "paged.cuh"
#include "heads.cuh"

#define PREPARE_WARPS 8

// As many heads of a token as a warp takes at once.
#define PREPARED 4

// A head of a token and the `count` - 1 behind it, whose results lie `distance` apart.
__device__ __forceinline__ void prepare_neighbours(
        const Shape& shape, Head first, int count, long long distance, const float* cosines, const float* sines, float* row) {
    Head heads[PREPARED];
#pragma unroll
    for (int h = 0; h < PREPARED; h++) {
        heads[h] = {first.source + h * HEAD_DIM, first.norm, first.out + h * distance};
    }
    prepare_heads(shape, heads, count, cosines, sines, row);
}

// A warp a token and some heads: queries are prepared into `queries` [T, heads, HEAD_DIM], keys and values go into the
// pool, but not those of rows of one token, which `decode` writes.
extern "C" __global__ void __launch_bounds__(32 * PREPARE_WARPS) prepare(
        Shape shape, const float* query, const float* key, const float* value, bf16* pool, bf16* queries,
        const int* positions, const int* starts, const int* table, const float* cosines, const float* sines,
        const float* query_norm, const float* key_norm, int tokens, int row_count) {
    __shared__ __align__(16) float rows[PREPARE_WARPS][HEAD_DIM];
    await_predecessor();
    admit_successor();
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int query_items = (shape.heads + PREPARED - 1) / PREPARED;
    int key_items = key == nullptr ? 0 : (shape.kv_heads + PREPARED - 1) / PREPARED;
    int index = blockIdx.x * PREPARE_WARPS + warp;
    int token = index / (query_items + 2 * key_items);
    int item = index % (query_items + 2 * key_items);
    if (token >= tokens) {
        return;
    }
    const float* c = cosines + (long long)token * (shape.rotary_dim / 2);
    const float* s = sines + (long long)token * (shape.rotary_dim / 2);
    if (item < query_items) {
        int first = item * PREPARED;
        long long at = ((long long)token * shape.heads + first) * HEAD_DIM;
        int count = min(PREPARED, shape.heads - first);
        Head head = {query + at, query_norm, queries + at};
        prepare_neighbours(shape, head, count, HEAD_DIM, c, s, rows[warp]);
        return;
    }
    int row = 0;
    for (int base = 0; base < row_count; base += 32) {
        bool before = base + lane < row_count && starts[base + lane + 1] <= token;
        row += __popc(__ballot_sync(0xffffffffu, before));
    }
    if (starts[row + 1] - starts[row] == 1) {
        return;
    }
    int position = positions[token];
    int first = (item - query_items) % key_items * PREPARED;
    int count = min(PREPARED, shape.kv_heads - first);
    int sixteen = position / 16;
    int block = block_of(shape, table, row, sixteen);
    bf16* target = const_cast<bf16*>(place_of(shape, pool, block, sixteen, first)) + position % 16 * PAIR_DIM;
    long long distance = (long long)shape.block_tokens * PAIR_DIM;
    long long source = (long long)token * shape.kv_heads + first;
    if (item < query_items + key_items) {
        Head head = {key + source * HEAD_DIM, key_norm, target};
        prepare_neighbours(shape, head, count, distance, c, s, rows[warp]);
        return;
    }
#pragma unroll
    for (int h = 0; h < PREPARED; h++) {
        if (h < count) {
            float4 loaded[VALUE_VECTORS];
            load_value(loaded, value + (source + h) * VALUE_DIM, true);
            round_value(loaded, target + h * distance + HEAD_DIM);
        }
    }
}
