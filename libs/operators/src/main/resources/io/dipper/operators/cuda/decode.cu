// Attention of single tokens over the paged pool on tensor cores, for heads of whole 16s. Compiled for one shape, paged.cuh has
// its dimensions, and
//
//   DECODE_WARPS               of a block
//   DECODE_STAGES              tiles of 16 tokens that a warp has on their way
//
// Fragments of mma.m16n8k16 are named as the PTX manual has them: a thread is member `lane % 4` of quad `lane / 4`.

#include "cluster.cuh"
#include "paged.cuh"
#include "heads.cuh"

#ifndef DECODE_WARPS
#define DECODE_WARPS 4
#endif
#ifndef DECODE_STAGES
#define DECODE_STAGES 2
#endif
// Queries of a block: one or two columns of eight. Larger groups take several blocks.
#define COLUMNS (GROUP > 8 ? 2 : 1)
#define MEMBERS (GROUP > 16 ? 16 : GROUP)
#define QUERY_BLOCKS ((GROUP + 15) / 16)
// What a warp has on its way at once of a token's heads, its key and its value: all that it has, but for large groups.
#define OF_A_WARP ((MEMBERS + 2 + DECODE_WARPS - 1) / DECODE_WARPS)
#define MOST_TOGETHER (HEAD_DIM > 128 ? 2 : 3)
#define TOGETHER (OF_A_WARP < MOST_TOGETHER ? OF_A_WARP : MOST_TOGETHER)
#define SUM_STRIDE (VALUE_DIM + 4)

__device__ __forceinline__ unsigned transposed(unsigned matrix) {
    unsigned turned;
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(turned) : "r"(matrix));
    return turned;
}

// One warp's part of a split: every DECODE_WARPS-th 16 tokens, keys as the rows of A, queries as the columns of B, so that eight
// queries cost as much as one. Running maximum and weight are those of query 2 * (lane % 4) + i of each column.
struct Reader {
    float most[COLUMNS][2];
    float weight[COLUMNS][2];
    float sum[COLUMNS][VALUE_DIM / 16][4];
    unsigned query[COLUMNS][HEAD_DIM / 16][2];
};

__device__ __forceinline__ void begin(Reader& reader, const char* queries) {
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int n = 0; n < COLUMNS; n++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            reader.most[n][i] = -INFINITE;
            reader.weight[n][i] = 0;
        }
#pragma unroll
        for (int m = 0; m < VALUE_DIM / 16; m++) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                reader.sum[n][m][i] = 0;
            }
        }
#pragma unroll
        for (int k = 0; k < HEAD_DIM / 16; k++) {
            const char* address = queries + (8 * n + lane % 8) * QUERY_STRIDE + 32 * k + lane / 8 % 2 * 16;
            asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                         : "=r"(reader.query[n][k][0]), "=r"(reader.query[n][k][1])
                         : "r"((unsigned)__cvta_generic_to_shared(address))
                         : "memory");
        }
    }
}

// Takes 16 tokens that lie at `tile`; those outside `low` to `high` - 1 are not seen.
__device__ __forceinline__ void take(Reader& reader, const Shape& shape, const char* tile, int low, int high) {
    int lane = threadIdx.x % 32;
    float even[COLUMNS][4] = {};
    float odd[COLUMNS][4] = {};
    const char* row = tile + lane % 16 * STRIDE + lane / 16 * 16;
#pragma unroll
    for (int k = 0; k < HEAD_DIM / 16; k++) {
        unsigned keys[4];
        load_matrices(keys, row + 32 * k);
#pragma unroll
        for (int n = 0; n < COLUMNS; n++) {
            multiply_add(k % 2 == 0 ? even[n] : odd[n], keys, reader.query[n][k][0], reader.query[n][k][1]);
        }
    }
    unsigned shares[COLUMNS][2];
#pragma unroll
    for (int n = 0; n < COLUMNS; n++) {
        float score[4];
        float correction[2];
#pragma unroll
        for (int i = 0; i < 4; i++) {
            int token = lane / 4 + i / 2 * 8;
            bool seen = token >= low && token < high;
            score[i] = seen ? scaled(shape, even[n][i] + odd[n][i]) : -INFINITE;
        }
#pragma unroll
        for (int i = 0; i < 2; i++) {
            float larger = fmaxf(score[i], score[i + 2]);
            for (int distance = 4; distance < 32; distance *= 2) {
                larger = fmaxf(larger, __shfl_xor_sync(0xffffffffu, larger, distance));
            }
            larger = fmaxf(larger, reader.most[n][i]);
            correction[i] = power(reader.most[n][i] - larger);
            reader.most[n][i] = larger;
            score[i] = power(score[i] - larger);
            score[i + 2] = power(score[i + 2] - larger);
            reader.weight[n][i] = reader.weight[n][i] * correction[i] + score[i] + score[i + 2];
        }
        if (__any_sync(0xffffffffu, correction[0] != 1.0f || correction[1] != 1.0f)) {
#pragma unroll
            for (int m = 0; m < VALUE_DIM / 16; m++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    reader.sum[n][m][i] *= correction[i % 2];
                }
            }
        }
        shares[n][0] = transposed(packed(score[0], score[1]));
        shares[n][1] = transposed(packed(score[2], score[3]));
    }
    row = tile + 2 * HEAD_DIM + (lane % 8 + lane / 16 * 8) * STRIDE + lane / 8 % 2 * 16;
#pragma unroll
    for (int m = 0; m < VALUE_DIM / 16; m++) {
        unsigned values[4];
        load_transposed(values, row + 32 * m);
#pragma unroll
        for (int n = 0; n < COLUMNS; n++) {
            multiply_add(reader.sum[n][m], values, shares[n][0], shares[n][1]);
        }
    }
}

#include "decode_sums.cuh"

// How many of the grid's splits a context of so many 16s is worth. What one cluster does needs no memory; only much
// longer contexts are worth several, which are whole ones.
__device__ __forceinline__ int worth(int tiles, int least) {
    int size = cluster_size();
    int splits = (tiles + least - 1) / least;
    if (size > 1 && splits > size) {
        splits = max(1, (tiles + 4 * least - 1) / (4 * least) / size) * size;
    }
    return min((int)gridDim.y, splits);
}

// A warp's tiles of 16 tokens, every DECODE_WARPS-th of a split, on their way into a ring of its own.
struct Tiles {
    const bf16* pool;
    const int* table;
    char* ring;
    int row;
    int kv_head;
    int first;   // the oldest position that is seen
    int written; // positions before it lie in the pool
    int to;
    int batch;  // the first of the next 32 tiles
    int blocks; // that a lane knows, of one of them
};

__device__ __forceinline__ void look_up(Tiles& tiles, const Shape& shape) {
    int mine = tiles.batch + DECODE_WARPS * (threadIdx.x % 32);
    tiles.blocks = mine < tiles.to ? block_of(shape, tiles.table, tiles.row, mine) : 0;
}

__device__ __forceinline__ char* stage_of(const Tiles& tiles, int stage) {
    return tiles.ring + stage * 16 * STRIDE;
}

__device__ __forceinline__ void fetch(Tiles& tiles, const Shape& shape, int tile, int stage) {
    if (tile < tiles.to) {
        int lane = threadIdx.x % 32;
        int at = (tile - tiles.batch) / DECODE_WARPS;
        if (at == 32) {
            tiles.batch = tile;
            look_up(tiles, shape);
            at = 0;
        }
        int block = __shfl_sync(0xffffffffu, tiles.blocks, at);
        const bf16* source = place_of(shape, tiles.pool, block, tile, tiles.kv_head);
        int low = tiles.first - 16 * tile;
        int high = tiles.written - 16 * tile;
#pragma unroll
        for (int i = 0; i < PIECES / 2; i++) {
            int piece = lane + 32 * i;
            int of = piece / PIECES;
            copy_early(stage_of(tiles, stage) + of * STRIDE + piece % PIECES * 16, source + 8 * piece,
                       of >= low && of < high);
        }
    }
    copies_grouped();
}

// What a row's one token brings, from its first head of this block on; `key` is null where it is not this block's to
// prepare.
struct Token {
    const float* query;
    const float* key;
    const float* value;
    const float* cosines;
    const float* sines;
};

// Queries, normed, rotated and rounded, into `queries`, zeros where there are none, so that no product is a NaN; key and
// value into `fresh`. `row` is room for a head, the warp's own.
__device__ __forceinline__ void prepare_token(
        const Shape& shape, const Token& token, int members, const float* query_norm, const float* key_norm, char* queries,
        float* row, bf16* fresh) {
    bool brings = token.key != nullptr;
    int heads = brings ? members + 1 : members;
    int items = brings ? heads + 1 : heads;
    for (int item = threadIdx.x / 32; item < items; item += DECODE_WARPS * TOGETHER) {
        Head mine[TOGETHER];
        int count = 0;
        bool with_value = false;
#pragma unroll
        for (int j = 0; j < TOGETHER; j++) {
            int of = item + j * DECODE_WARPS;
            bf16* prepared = reinterpret_cast<bf16*>(queries + of * QUERY_STRIDE);
            mine[j] = of < members ? Head{token.query + of * HEAD_DIM, query_norm, prepared} : Head{token.key, key_norm, fresh};
            count += of < heads;
            with_value |= brings && of == heads;
        }
        float4 value[VALUE_VECTORS];
        load_value(value, token.value, with_value);
        prepare_heads(shape, mine, count, token.cosines, token.sines, row);
        if (with_value) {
            round_value(value, fresh + HEAD_DIM);
        }
    }
    for (int i = threadIdx.x; i < (8 * COLUMNS - members) * (QUERY_STRIDE / 16); i += blockDim.x) {
        *reinterpret_cast<uint4*>(queries + members * QUERY_STRIDE + 16 * i) = make_uint4(0, 0, 0, 0);
    }
    __syncthreads();
}

// The answer of a row that has one split.
__device__ __forceinline__ void answer_alone(
        const float* room, const float* most, const float* weight, int members, const float* sinks, int first_head,
        Target answer) {
    for (int i = 4 * threadIdx.x; i < members * VALUE_DIM; i += 4 * blockDim.x) {
        int query = i / VALUE_DIM;
        float share = share_of(most[query], weight[query], sinks, first_head + query);
        float4 sum = four_joined(room, query, i % VALUE_DIM);
        answer.set_four(i, make_float4(sum.x * share, sum.y * share, sum.z * share, sum.w * share));
    }
}

// Grid: key-value heads (times blocks of queries), splits, rows. A block reads a split of what a row's one token sees.
// The split with the token itself prepares its key and value, writes them, and has them in shared memory: nobody reads
// from the pool what this kernel writes. Splits beyond what the context is worth end at once.
//
// `least` is how many 16s of tokens a split has at least; `alone` says that each row has one token, else rows with more
// are passed over, and nothing is read before the predecessor is done. `tickets` are zeros, and are zeros again.
extern "C" __global__ void __launch_bounds__(32 * DECODE_WARPS) decode(
        Shape shape, const float* query, const float* key, const float* value, bf16* pool, const int* positions,
        const int* starts, const int* table, const float* cosines, const float* sines, const float* query_norm,
        const float* key_norm, const float* sinks, float* out, float* partials, int* tickets, int least, int alone) {
    extern __shared__ __align__(16) char shared[];
    __shared__ __align__(16) bf16 fresh[PAIR_DIM];
    __shared__ float most[8 * COLUMNS];
    __shared__ float weight[8 * COLUMNS];
    __shared__ unsigned long long barrier;
    char* queries = shared + DECODE_WARPS * DECODE_STAGES * 16 * STRIDE;
    float* rows = reinterpret_cast<float*>(queries + 8 * COLUMNS * QUERY_STRIDE);
    float* landed = rows + DECODE_WARPS * HEAD_DIM;
    int warp = threadIdx.x / 32;
    int kv_head = blockIdx.x / QUERY_BLOCKS;
    int first_member = blockIdx.x % QUERY_BLOCKS * 16;
    int members = min(MEMBERS, GROUP - first_member);
    int row = blockIdx.z;

    int token = row;
    if (!alone) {
        await_predecessor();
        token = starts[row];
        if (starts[row + 1] != token + 1) {
            return;
        }
    }
    int position = positions[token];
    int first = first_seen(shape, position);
    int first_tile = first / 16;
    int last_tile = position / 16;
    int count = last_tile - first_tile + 1;
    int splits = worth(count, least);
    int split = blockIdx.y;
    if (split >= splits) {
        return;
    }
    if (cluster_size() > 1) {
        prepare_exchange(&barrier);
    }
    bool writes = key != nullptr;
    bool owner = writes && split == splits - 1;
    int from = first_tile + count * split / splits + warp;
    Tiles tiles = {pool, table, shared + warp * DECODE_STAGES * 16 * STRIDE, row, kv_head, first,
                   writes ? position : position + 1, first_tile + count * (split + 1) / splits, from, 0};
    look_up(tiles, shape);
    int own_block = owner ? block_of(shape, table, row, last_tile) : 0;
    if (!writes) {
        await_predecessor();
    }
#pragma unroll
    for (int stage = 0; stage < DECODE_STAGES; stage++) {
        fetch(tiles, shape, from + DECODE_WARPS * stage, stage);
    }
    if (alone) {
        admit_successor();
    }
    await_predecessor();
    if (!alone) {
        admit_successor();
    }

    int first_head = kv_head * GROUP + first_member;
    long long kv_row = (long long)token * shape.kv_heads + kv_head;
    long long angles = (long long)token * (shape.rotary_dim / 2);
    Token brought = {query + ((long long)token * shape.heads + first_head) * HEAD_DIM,
                     owner ? key + kv_row * HEAD_DIM : nullptr, owner ? value + kv_row * VALUE_DIM : nullptr,
                     cosines + angles, sines + angles};
    prepare_token(shape, brought, members, query_norm, key_norm, queries, rows + warp * HEAD_DIM, fresh);
    if (owner && first_member == 0) {
        bf16* target = const_cast<bf16*>(place_of(shape, pool, own_block, last_tile, kv_head)) + position % 16 * PAIR_DIM;
        for (int i = threadIdx.x; i < PIECES; i += blockDim.x) {
            reinterpret_cast<uint4*>(target)[i] = reinterpret_cast<const uint4*>(fresh)[i];
        }
    }
    Reader reader;
    begin(reader, queries);
    int stage = 0;
    for (int tile = from; tile < tiles.to; tile += DECODE_WARPS) {
        copies_awaited<DECODE_STAGES - 1>();
        __syncwarp();
        char* at = stage_of(tiles, stage);
        if (tile == last_tile && writes) {
            for (int i = threadIdx.x % 32; i < PIECES; i += 32) {
                reinterpret_cast<uint4*>(at + position % 16 * STRIDE)[i] = reinterpret_cast<const uint4*>(fresh)[i];
            }
            __syncwarp();
        }
        take(reader, shape, at, first - 16 * tile, position + 1 - 16 * tile);
        __syncwarp();
        fetch(tiles, shape, tile + DECODE_WARPS * DECODE_STAGES, stage);
        stage = (stage + 1) % DECODE_STAGES;
    }
    copies_awaited<0>();
    __syncthreads();
    float* room = reinterpret_cast<float*>(shared);
    join_warps(reader, room, most, weight);
    Target answer = Target{out, shape.narrow != 0}.from(((long long)token * shape.heads + first_head) * VALUE_DIM);
    if (splits == 1) {
        answer_alone(room, most, weight, members, sinks, first_head, answer);
        return;
    }
    int pair = row * gridDim.x + blockIdx.x;
    partials += (long long)pair * (gridDim.y / cluster_size()) * KEPT;
    join_blocks(room, most, weight, Landing{landed, landed + LANDED_SUMS, &barrier}, splits, members, partials,
                tickets + MOST_CLUSTER * pair, sinks, first_head, answer);
}
