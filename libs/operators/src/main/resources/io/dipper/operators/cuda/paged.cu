// Attention over the paged pool on tensor cores, for heads of whole 16s. Compiled for one shape:
//
//   HEAD_DIM VALUE_DIM GROUP   dimensions of keys and values, query heads that share a key-value head
//   DECODE_STAGES              tiles of 16 tokens that a warp has on their way
//   ROWS                       queries of a prompt's tile; without it, the other kernels are made. With it:
//   KEYS KEY_GROUPS SIXTEENS   keys that a warp takes at a time, warps that share queries, times 16 queries of a warp
//   BLOCKS KEPT_QUERIES        blocks of a multiprocessor, whether queries stay in registers
//
// A block of the pool holds, for each key-value head and each of its tokens, the key and then the value, bfloat16: 16
// tokens of a head are one piece of memory. In shared memory a token's row is 16 bytes longer than in the pool, so it is
// an odd number of 16-byte pieces and ldmatrix, which takes a piece of eight rows at a time, meets each bank once.
// Fragments of mma.m16n8k16 are named as the PTX manual has them: a thread is member `lane % 4` of quad `lane / 4`.

#include "cluster.cuh"
#include "paged.cuh"

#define STRIDE (2 * PAIR_DIM + 16)
#define QUERY_STRIDE (2 * HEAD_DIM + 16)
#define VECTORS ((HEAD_DIM + 127) / 128)

__device__ __forceinline__ unsigned transposed(unsigned matrix) {
    unsigned turned;
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(turned) : "r"(matrix));
    return turned;
}

// Rotates four neighbouring values, those from `at` on, of the head in `row`.
__device__ __forceinline__ float4 rotated(
        const Shape& shape, const float* row, int at, const float* cosines, const float* sines) {
    float turned[4];
    int half = shape.rotary_dim / 2;
#pragma unroll
    for (int k = 0; k < 4; k++) {
        int i = at + k;
        bool second = shape.interleaved ? i % 2 == 1 : i >= half;
        int distance = shape.interleaved ? 1 : half;
        int pair = shape.interleaved ? i / 2 : i % half;
        turned[k] = row[i];
        if (i < shape.rotary_dim) {
            float other = row[second ? i - distance : i + distance] * sines[pair];
            turned[k] = turned[k] * cosines[pair] + (second ? other : -other);
        }
    }
    return make_float4(turned[0], turned[1], turned[2], turned[3]);
}

// The four values that a lane has which is as many lanes away.
__device__ __forceinline__ float4 exchanged(float4 mine, int distance) {
    return make_float4(
            __shfl_xor_sync(0xffffffffu, mine.x, distance), __shfl_xor_sync(0xffffffffu, mine.y, distance),
            __shfl_xor_sync(0xffffffffu, mine.z, distance), __shfl_xor_sync(0xffffffffu, mine.w, distance));
}

// Rotates four values of the first or the second half with those of the other half.
__device__ __forceinline__ void turn(float4& value, float4 other, float4 c, float4 s, bool first) {
    float sign = first ? -1.0f : 1.0f;
    value.x = value.x * c.x + sign * other.x * s.x;
    value.y = value.y * c.y + sign * other.y * s.y;
    value.z = value.z * c.z + sign * other.z * s.z;
    value.w = value.w * c.w + sign * other.w * s.w;
}

// Up to COUNT neighbouring heads of a token: norm over the head, then rotation, then rounding to `out`, where heads are
// `distance` apart. By one warp; `row` is room for a head, the warp's own; `cosines` and `sines` are the token's.
template <int COUNT>
__device__ __forceinline__ void prepare_heads(
        const Shape& shape, const float* source, int count, const float* norm, const float* cosines, const float* sines,
        float* row, bf16* out, long long distance) {
    int lane = threadIdx.x % 32;
    int half = shape.rotary_dim / 2;
    bool by_fours = half % 4 == 0 && !shape.interleaved;
    // What belongs together is as many lanes away for all.
    bool by_lanes = VECTORS == 1 && by_fours && half > 0 && (half & (half - 1)) == 0;
    float4 heads[COUNT][VECTORS];
    float4 c[VECTORS];
    float4 s[VECTORS];
    float4 weight[VECTORS];
#pragma unroll
    for (int j = 0; j < VECTORS; j++) {
        int at = 4 * (lane + 32 * j);
#pragma unroll
        for (int h = 0; h < COUNT; h++) {
            bool there = at < HEAD_DIM && h < count;
            heads[h][j] = there ? *reinterpret_cast<const float4*>(source + h * HEAD_DIM + at) : float4{};
        }
        weight[j] = norm != nullptr && at < HEAD_DIM ? *reinterpret_cast<const float4*>(norm + at) : float4{};
        if (by_fours && at < shape.rotary_dim) {
            int pair = at < half ? at : at - half;
            c[j] = *reinterpret_cast<const float4*>(cosines + pair);
            s[j] = *reinterpret_cast<const float4*>(sines + pair);
        }
    }
#pragma unroll
    for (int h = 0; h < COUNT; h++) {
        if (h >= count) {
            break;
        }
        float4(&head)[VECTORS] = heads[h];
        if (norm != nullptr) {
            float squares = 0;
#pragma unroll
            for (int j = 0; j < VECTORS; j++) {
                squares += head[j].x * head[j].x + head[j].y * head[j].y + head[j].z * head[j].z + head[j].w * head[j].w;
            }
            float factor = rsqrtf(warp_sum(squares) / HEAD_DIM + shape.epsilon);
#pragma unroll
            for (int j = 0; j < VECTORS; j++) {
                head[j].x *= factor * weight[j].x;
                head[j].y *= factor * weight[j].y;
                head[j].z *= factor * weight[j].z;
                head[j].w *= factor * weight[j].w;
            }
        }
        if (by_lanes) {
            float4 other = exchanged(head[0], half / 4);
            if (4 * lane < shape.rotary_dim) {
                turn(head[0], other, c[0], s[0], 4 * lane < half);
            }
        } else if (shape.rotary_dim > 0) {
#pragma unroll
            for (int j = 0; j < VECTORS; j++) {
                int at = 4 * (lane + 32 * j);
                if (at < HEAD_DIM) {
                    *reinterpret_cast<float4*>(row + at) = head[j];
                }
            }
            __syncwarp();
#pragma unroll
            for (int j = 0; j < VECTORS; j++) {
                int at = 4 * (lane + 32 * j);
                if (at < shape.rotary_dim && by_fours) {
                    float4 other = *reinterpret_cast<const float4*>(row + (at < half ? at + half : at - half));
                    turn(head[j], other, c[j], s[j], at < half);
                } else if (at < shape.rotary_dim) {
                    head[j] = rotated(shape, row, at, cosines, sines);
                }
            }
            __syncwarp();
        }
#pragma unroll
        for (int j = 0; j < VECTORS; j++) {
            int at = 4 * (lane + 32 * j);
            if (at < HEAD_DIM) {
                *reinterpret_cast<uint2*>(out + h * distance + at) =
                        make_uint2(packed(head[j].x, head[j].y), packed(head[j].z, head[j].w));
            }
        }
    }
}

// A value head rounded to `out`, by one warp.
__device__ __forceinline__ void round_value(const float* source, bf16* out) {
    for (int at = 4 * (threadIdx.x % 32); at < VALUE_DIM; at += 128) {
        float4 value = *reinterpret_cast<const float4*>(source + at);
        *reinterpret_cast<uint2*>(out + at) = make_uint2(packed(value.x, value.y), packed(value.z, value.w));
    }
}

#ifndef ROWS

// ---------------------------------------------------------------------------------------------------------------------
// Decoding: rows of one token.

#define DECODE_WARPS 4
#ifndef DECODE_STAGES
#define DECODE_STAGES 2
#endif
// Queries of a block: one or two columns of eight. Larger groups take several blocks.
#define COLUMNS (GROUP > 8 ? 2 : 1)
#define MEMBERS (GROUP > 16 ? 16 : GROUP)
#define QUERY_BLOCKS ((GROUP + 15) / 16)
#define SUM_STRIDE (VALUE_DIM + 4)

// One warp's part of a split: every fourth 16 tokens, keys as the rows of A, queries as the columns of B, so that eight
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

// The warps' sums put together: afterwards sums[query * VALUE_DIM + i] belongs to the maximum `most` and the weight
// `weight` of its query. `room` holds a warp's sums each.
__device__ __forceinline__ void join_warps(Reader& reader, float* room, float* most, float* weight) {
    __shared__ float maxima[DECODE_WARPS][8 * COLUMNS];
    __shared__ float weights[DECODE_WARPS][8 * COLUMNS];
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
#pragma unroll
    for (int n = 0; n < COLUMNS; n++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            float total = reader.weight[n][i];
            for (int distance = 4; distance < 32; distance *= 2) {
                total += __shfl_xor_sync(0xffffffffu, total, distance);
            }
            if (lane < 4) {
                maxima[warp][8 * n + 2 * lane + i] = reader.most[n][i];
                weights[warp][8 * n + 2 * lane + i] = total;
            }
        }
    }
    __syncthreads();
#pragma unroll
    for (int n = 0; n < COLUMNS; n++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            int query = 8 * n + lane % 4 * 2 + i;
            float over_all = maxima[0][query];
            for (int other = 1; other < DECODE_WARPS; other++) {
                over_all = fmaxf(over_all, maxima[other][query]);
            }
            float factor = power(reader.most[n][i] - over_all);
            if (query < MEMBERS) {
                float* to = room + (warp * MEMBERS + query) * SUM_STRIDE + lane / 4;
#pragma unroll
                for (int m = 0; m < VALUE_DIM / 16; m++) {
                    to[16 * m] = reader.sum[n][m][i] * factor;
                    to[16 * m + 8] = reader.sum[n][m][i + 2] * factor;
                }
                if (threadIdx.x < 4) {
                    float total = 0;
                    for (int other = 0; other < DECODE_WARPS; other++) {
                        total += weights[other][query] * power(maxima[other][query] - over_all);
                    }
                    most[query] = over_all;
                    weight[query] = total;
                }
            }
        }
    }
    __syncthreads();
}

__device__ __forceinline__ float4 four_joined(const float* room, int query, int i) {
    float4 total = {0, 0, 0, 0};
#pragma unroll
    for (int warp = 0; warp < DECODE_WARPS; warp++) {
        float4 of = *reinterpret_cast<const float4*>(room + (warp * MEMBERS + query) * SUM_STRIDE + i);
        total.x += of.x;
        total.y += of.y;
        total.z += of.z;
        total.w += of.w;
    }
    return total;
}

// A sum of values with the maximum and the sum of the weights that it was made with.
struct Mixed {
    float most;
    float weight;
    float sum;
};

template <int COUNT>
__device__ __forceinline__ Mixed mixed(const Mixed (&parts)[COUNT]) {
    Mixed all = {-INFINITE, 0, 0};
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        all.most = fmaxf(all.most, parts[i].most);
    }
    if (all.most == -INFINITE) {
        return all;
    }
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        float factor = power(parts[i].most - all.most);
        all.weight = fmaf(parts[i].weight, factor, all.weight);
        all.sum = fmaf(parts[i].sum, factor, all.sum);
    }
    return all;
}

#define MOST_CLUSTER 8
// What a cluster keeps in memory: sums, then for each of its blocks maxima and weights of the queries.
#define KEPT (MEMBERS * VALUE_DIM + 2 * MOST_CLUSTER * MEMBERS)

// Puts the sums of `clusters` clusters together for the values `from` to `to` - 1, in order, so the answer does not
// depend on who was last.
__device__ void join_clusters(
        const float* partials, int clusters, int rank, int from, int to, const float* sinks, int first_head, Target out) {
    for (int i = from + threadIdx.x; i < to; i += blockDim.x) {
        int query = i / VALUE_DIM;
        Mixed all = {-INFINITE, 0, 0};
        for (int base = 0; base < clusters; base += 8) {
            Mixed parts[9];
            parts[8] = all;
#pragma unroll
            for (int j = 0; j < 8; j++) {
                const float* part = partials + (long long)(base + j) * KEPT;
                const float* both = part + MEMBERS * VALUE_DIM + (rank * MEMBERS + query) * 2;
                bool there = base + j < clusters;
                parts[j].sum = there ? __ldcg(part + i) : 0.0f;
                parts[j].most = there ? __ldcg(both) : -INFINITE;
                parts[j].weight = there ? __ldcg(both + 1) : 0.0f;
            }
            all = mixed(parts);
        }
        out.set(i, all.sum * share_of(all.most, all.weight, sinks, first_head + query));
    }
}

// What a block of a cluster gets from the others: slices of their sums, one behind the other, then, for each of them, the
// maxima and weights of the queries.
struct Landing {
    float* sums;
    float* scales;
    unsigned long long* barrier;
};

// Room for the slices: they are equal and of whole fours, so together up to four values a block longer than the sums.
#define LANDED_SUMS (MEMBERS * VALUE_DIM + 4 * MOST_CLUSTER)

// A value to where another block, or the only one, has `place`.
template <typename Value>
__device__ __forceinline__ void give(const Landing& landing, float* place, int target, Value value) {
    if (cluster_size() > 1) {
        send(seen_at(place, target), seen_at(landing.barrier, target), value);
    } else {
        *reinterpret_cast<Value*>(place) = value;
    }
}

// The blocks' sums put together, a slice of the values by each block of the cluster that has a split. `room` has them by
// warps.
__device__ __forceinline__ void join_blocks(
        const float* room, const float* most, const float* weight, Landing landing, int splits, int members,
        float* partials, int* tickets, const float* sinks, int first_head, Target out) {
    __shared__ int last;
    int size = cluster_size();
    int rank = blockIdx.y % size;
    int ranks = min(size, splits);
    int clusters = splits / ranks;
    int fours = members * VALUE_DIM / 4;
    int slice = (fours + ranks - 1) / ranks;
    int from = min(rank * slice, fours);
    int to = min(from + slice, fours);
    if (size > 1) {
        begin_exchange(landing.barrier, ranks * ((to - from) * (int)sizeof(float4) + members * (int)sizeof(float2)));
    }
    for (int i = threadIdx.x; i < fours; i += blockDim.x) {
        float4 sum = four_joined(room, 4 * i / VALUE_DIM, 4 * i % VALUE_DIM);
        give(landing, landing.sums + (rank * slice + i % slice) * 4, i / slice, sum);
    }
    for (int i = threadIdx.x; i < ranks * members; i += blockDim.x) {
        int query = i % members;
        give(landing, landing.scales + (rank * MEMBERS + query) * 2, i / members,
             make_float2(most[query], weight[query]));
    }
    if (size > 1) {
        end_exchange(landing.barrier);
    } else {
        __syncthreads();
    }
    float* kept = partials + (long long)(blockIdx.y / size) * KEPT;
    for (int i = 4 * from + threadIdx.x; i < 4 * to; i += blockDim.x) {
        int query = i / VALUE_DIM;
        Mixed parts[MOST_CLUSTER];
#pragma unroll
        for (int j = 0; j < MOST_CLUSTER; j++) {
            parts[j] = {-INFINITE, 0, 0};
            if (j < ranks) {
                const float* scales = landing.scales + (j * MEMBERS + query) * 2;
                parts[j] = {scales[0], scales[1], landing.sums[j * slice * 4 + i - 4 * from]};
            }
        }
        Mixed all = mixed(parts);
        if (clusters == 1) {
            out.set(i, all.sum * share_of(all.most, all.weight, sinks, first_head + query));
        } else {
            kept[i] = all.sum;
            if (i == 4 * from || i % VALUE_DIM == 0) {
                kept[MEMBERS * VALUE_DIM + (rank * MEMBERS + query) * 2] = all.most;
                kept[MEMBERS * VALUE_DIM + (rank * MEMBERS + query) * 2 + 1] = all.weight;
            }
        }
    }
    if (clusters > 1) {
        __threadfence();
        __syncthreads();
        if (threadIdx.x == 0) {
            last = atomicAdd(tickets + rank, 1) == clusters - 1;
            if (last) {
                tickets[rank] = 0;
            }
            __threadfence();
        }
        __syncthreads();
        if (last) {
            join_clusters(partials, clusters, rank, 4 * from, 4 * to, sinks, first_head, out);
        }
    }
}

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
    int items = token.key != nullptr ? members + 2 : members;
    for (int item = threadIdx.x / 32; item < items; item += DECODE_WARPS) {
        if (item < members) {
            bf16* target = reinterpret_cast<bf16*>(queries + item * QUERY_STRIDE);
            prepare_heads<1>(shape, token.query + item * HEAD_DIM, 1, query_norm, token.cosines, token.sines, row, target, 0);
        } else if (item == members) {
            prepare_heads<1>(shape, token.key, 1, key_norm, token.cosines, token.sines, row, fresh, 0);
        } else {
            round_value(token.value, fresh + HEAD_DIM);
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
        int block = block_of(shape, table, row, last_tile);
        bf16* target = const_cast<bf16*>(place_of(shape, pool, block, last_tile, kv_head)) + position % 16 * PAIR_DIM;
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

// ---------------------------------------------------------------------------------------------------------------------
// Prompts: rows of several tokens.

#define PREPARE_WARPS 8

// As many heads of a token as a warp takes at once.
#define PREPARED 4

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
        prepare_heads<PREPARED>(shape, query + at, count, query_norm, c, s, rows[warp], queries + at, HEAD_DIM);
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
        prepare_heads<PREPARED>(
                shape, key + source * HEAD_DIM, count, key_norm, c, s, rows[warp], target, distance);
        return;
    }
#pragma unroll
    for (int h = 0; h < PREPARED; h++) {
        if (h < count) {
            round_value(value + (source + h) * VALUE_DIM, target + h * distance + HEAD_DIM);
        }
    }
}

#else

#define TILE_TOKENS (ROWS / GROUP)
#ifndef KEYS
#define KEYS 32
#define KEY_GROUPS 1
#define SIXTEENS 1
#define BLOCKS 1
#define KEPT_QUERIES 0
#endif
#define ROW_WARPS (ROWS / 16 / SIXTEENS)
#define PREFILL_WARPS (ROW_WARPS * KEY_GROUPS)
#define PREFILL_STAGES 2
#define STAGE_KEYS (KEYS * KEY_GROUPS)

// Scores to weights: running maxima and weights are those of the thread's two rows.
__device__ __forceinline__ void weigh(
        float (&score)[KEYS / 8][4], float (&sum)[VALUE_DIM / 8][4], float (&most)[2], float (&weight)[2], float factor) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
        float larger = most[i];
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++) {
            larger = fmaxf(larger, fmaxf(score[n][2 * i], score[n][2 * i + 1]));
        }
        larger = fmaxf(larger, __shfl_xor_sync(0xffffffffu, larger, 1));
        larger = fmaxf(larger, __shfl_xor_sync(0xffffffffu, larger, 2));
        // Nothing seen so far: any finite maximum will do.
        float known = larger == -INFINITE ? 0.0f : larger * factor;
        float correction = power(most[i] * factor - known);
        most[i] = larger;
        float total = 0;
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++) {
            score[n][2 * i] = power(fmaf(score[n][2 * i], factor, -known));
            score[n][2 * i + 1] = power(fmaf(score[n][2 * i + 1], factor, -known));
            total += score[n][2 * i] + score[n][2 * i + 1];
        }
        weight[i] = weight[i] * correction + total;
        if (__any_sync(0xffffffffu, correction != 1.0f)) {
#pragma unroll
            for (int m = 0; m < VALUE_DIM / 8; m++) {
                sum[m][2 * i] *= correction;
                sum[m][2 * i + 1] *= correction;
            }
        }
    }
}

// What another warp found for the same queries among other keys, a thread what the same thread of that warp had.
__device__ __forceinline__ void leave(
        float* room, const float (&sum)[VALUE_DIM / 8][4], const float (&most)[2], const float (&weight)[2]) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
        room[32 * i] = most[i];
        room[32 * (2 + i)] = weight[i];
#pragma unroll
        for (int m = 0; m < VALUE_DIM / 8; m++) {
            room[32 * (4 + 4 * m + 2 * i)] = sum[m][2 * i];
            room[32 * (5 + 4 * m + 2 * i)] = sum[m][2 * i + 1];
        }
    }
}

__device__ __forceinline__ void gather(
        const float* room, float (&sum)[VALUE_DIM / 8][4], float (&most)[2], float (&weight)[2], float factor) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
        float larger = fmaxf(most[i], room[32 * i]);
        float known = larger == -INFINITE ? 0.0f : larger * factor;
        float mine = power(most[i] * factor - known);
        float other = power(room[32 * i] * factor - known);
        most[i] = larger;
        weight[i] = weight[i] * mine + room[32 * (2 + i)] * other;
#pragma unroll
        for (int m = 0; m < VALUE_DIM / 8; m++) {
            sum[m][2 * i] = sum[m][2 * i] * mine + room[32 * (4 + 4 * m + 2 * i)] * other;
            sum[m][2 * i + 1] = sum[m][2 * i + 1] * mine + room[32 * (5 + 4 * m + 2 * i)] * other;
        }
    }
}

#define LEFT (32 * (VALUE_DIM / 2 + 4))

// Grid: key-value heads, an upper bound of tiles; the last tokens, which see most, come first. A tile is TILE_TOKENS
// tokens of a row with all heads of the group, so each key that is fetched serves them all. KEY_GROUPS warps share
// queries and take keys in turn: what few tiles there are keep the card busy then.
extern "C" __global__ void __launch_bounds__(32 * PREFILL_WARPS, BLOCKS) prefill(
        Shape shape, const bf16* queries, const bf16* pool, const int* positions, const int* starts, const int* table,
        const float* sinks, float* out, int row_count) {
    extern __shared__ __align__(16) char shared[];
    __shared__ int found[3];
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int kv_head = blockIdx.x;
    await_predecessor();
    admit_successor();
    if (warp == 0) {
        int token = 0;
        int count = 0;
        int row = find_tile(starts, row_count, TILE_TOKENS, gridDim.y - 1 - blockIdx.y, token, count);
        if (lane == 0) {
            found[0] = row;
            found[1] = token;
            found[2] = count;
        }
    }
    __syncthreads();
    int row = found[0];
    int token = found[1];
    int count = found[2];
    if (row < 0) {
        return;
    }
    char* query_rows = shared + PREFILL_STAGES * STAGE_KEYS * STRIDE;
    for (int i = threadIdx.x; i < ROWS * (HEAD_DIM / 8); i += 32 * PREFILL_WARPS) {
        int of = i / (HEAD_DIM / 8);
        int piece = i % (HEAD_DIM / 8);
        bool there = of < count * GROUP;
        long long head = (long long)(token + (there ? of / GROUP : 0)) * shape.heads + kv_head * GROUP + of % GROUP;
        copy_early(query_rows + of * QUERY_STRIDE + 16 * piece, queries + head * HEAD_DIM + 8 * piece, there);
    }
    int last = positions[token + count - 1];
    int first = first_seen(shape, positions[token]);
    int begin = first / STAGE_KEYS;
    int end = last / STAGE_KEYS + 1;
    // A lane knows the block of one of the next stage's 16s.
    auto look_up = [&](int stage) {
        int at = stage * (STAGE_KEYS / 16) + lane;
        bool there = lane < STAGE_KEYS / 16 && 16 * at <= last && 16 * at + 15 >= first;
        return there ? block_of(shape, table, row, at) : 0;
    };
    int blocks = look_up(begin);
    auto fetch_keys = [&](int stage) {
        if (stage < end) {
            char* target = shared + stage % PREFILL_STAGES * STAGE_KEYS * STRIDE;
#pragma unroll
            for (int sixteen = 0; sixteen < STAGE_KEYS / 16; sixteen++) {
                int at = stage * (STAGE_KEYS / 16) + sixteen;
                const bf16* source = place_of(shape, pool, __shfl_sync(0xffffffffu, blocks, sixteen), at, kv_head);
                for (int piece = threadIdx.x; piece < 16 * PIECES; piece += 32 * PREFILL_WARPS) {
                    int of = piece / PIECES;
                    bool there = 16 * at + of >= first && 16 * at + of <= last;
                    copy_early(target + (16 * sixteen + of) * STRIDE + piece % PIECES * 16, source + 8 * piece, there);
                }
            }
            blocks = look_up(stage + 1);
        }
        copies_grouped();
    };
    fetch_keys(begin);

    // The thread's rows, and what the warp's rows see: what all see needs no mask, and what none sees no work.
    int seen_to[SIXTEENS][2];
    int seen_from[SIXTEENS][2];
    int warp_row = warp % ROW_WARPS * 16 * SIXTEENS;
    int key_group = warp / ROW_WARPS;
#pragma unroll
    for (int t = 0; t < SIXTEENS; t++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            int of = min((warp_row + 16 * t + lane / 4 + 8 * i) / GROUP, count - 1);
            seen_to[t][i] = positions[token + of];
            seen_from[t][i] = first_seen(shape, seen_to[t][i]);
        }
    }
    int all_to = positions[token + min(warp_row / GROUP, count - 1)];
    int any_to = positions[token + min((warp_row + 16 * SIXTEENS - 1) / GROUP, count - 1)];
    int any_from = first_seen(shape, all_to);
    int all_from = first_seen(shape, any_to);

    float sum[SIXTEENS][VALUE_DIM / 8][4] = {};
    float most[SIXTEENS][2];
    float weight[SIXTEENS][2] = {};
#pragma unroll
    for (int t = 0; t < SIXTEENS; t++) {
        most[t][0] = most[t][1] = -INFINITE;
    }
    float factor = shape.softcap == 0.0f ? shape.scale * LOG2_E : 1.0f;
    const char* query_row = query_rows + (warp_row + lane % 16) * QUERY_STRIDE + lane / 16 * 16;
#if KEPT_QUERIES
    unsigned query[HEAD_DIM / 16][SIXTEENS][4];
    copies_awaited<0>();
    __syncthreads();
#pragma unroll
    for (int k = 0; k < HEAD_DIM / 16; k++) {
#pragma unroll
        for (int t = 0; t < SIXTEENS; t++) {
            load_matrices(query[k][t], query_row + 16 * t * QUERY_STRIDE + 32 * k);
        }
    }
#endif
    for (int stage = begin; stage < end; stage++) {
        copies_awaited<0>();
        __syncthreads();
        fetch_keys(stage + 1);
        int at = stage * STAGE_KEYS + key_group * KEYS;
        if (at > any_to || at + KEYS <= any_from) {
            continue;
        }
        const char* keys = shared + (stage % PREFILL_STAGES * STAGE_KEYS + key_group * KEYS) * STRIDE;
        float score[SIXTEENS][KEYS / 8][4] = {};
        const char* key_row = keys + (lane % 8 + lane / 16 * 8) * STRIDE + lane / 8 % 2 * 16;
#pragma unroll
        for (int k = 0; k < HEAD_DIM / 16; k++) {
#if KEPT_QUERIES
            unsigned(&a)[SIXTEENS][4] = query[k];
#else
            unsigned a[SIXTEENS][4];
#pragma unroll
            for (int t = 0; t < SIXTEENS; t++) {
                load_matrices(a[t], query_row + 16 * t * QUERY_STRIDE + 32 * k);
            }
#endif
            unsigned b[KEYS / 16][4];
#pragma unroll
            for (int n = 0; n < KEYS / 16; n++) {
                load_matrices(b[n], key_row + n * 16 * STRIDE + 32 * k);
            }
#pragma unroll
            for (int n = 0; n < KEYS / 16; n++) {
#pragma unroll
                for (int t = 0; t < SIXTEENS; t++) {
                    multiply_add(score[t][2 * n], a[t], b[n][0], b[n][1]);
                    multiply_add(score[t][2 * n + 1], a[t], b[n][2], b[n][3]);
                }
            }
        }
        bool masked = at + KEYS - 1 > all_to || at < all_from;
#pragma unroll
        for (int t = 0; t < SIXTEENS; t++) {
            if (shape.softcap != 0.0f) {
#pragma unroll
                for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        score[t][n][i] = scaled(shape, score[t][n][i]);
                    }
                }
            }
            if (masked) {
#pragma unroll
                for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        int position = at + 8 * n + lane % 4 * 2 + i % 2;
                        bool seen = position <= seen_to[t][i / 2] && position >= seen_from[t][i / 2];
                        score[t][n][i] = seen ? score[t][n][i] : -INFINITE;
                    }
                }
            }
            weigh(score[t], sum[t], most[t], weight[t], factor);
        }
        const char* value_row = keys + 2 * HEAD_DIM + (lane % 16) * STRIDE + lane / 16 * 16;
#pragma unroll
        for (int k = 0; k < KEYS / 16; k++) {
            unsigned share[SIXTEENS][4];
#pragma unroll
            for (int t = 0; t < SIXTEENS; t++) {
                share[t][0] = packed(score[t][2 * k][0], score[t][2 * k][1]);
                share[t][1] = packed(score[t][2 * k][2], score[t][2 * k][3]);
                share[t][2] = packed(score[t][2 * k + 1][0], score[t][2 * k + 1][1]);
                share[t][3] = packed(score[t][2 * k + 1][2], score[t][2 * k + 1][3]);
            }
#pragma unroll
            for (int m = 0; m < VALUE_DIM / 16; m++) {
                unsigned b[4];
                load_transposed(b, value_row + k * 16 * STRIDE + 32 * m);
#pragma unroll
                for (int t = 0; t < SIXTEENS; t++) {
                    multiply_add(sum[t][2 * m], share[t], b[0], b[1]);
                    multiply_add(sum[t][2 * m + 1], share[t], b[2], b[3]);
                }
            }
        }
    }
    copies_awaited<0>();
#if KEY_GROUPS > 1
    __syncthreads();
    float* rooms = reinterpret_cast<float*>(shared) + lane;
    if (key_group > 0) {
#pragma unroll
        for (int t = 0; t < SIXTEENS; t++) {
            leave(rooms + ((warp - ROW_WARPS) * SIXTEENS + t) * LEFT, sum[t], most[t], weight[t]);
        }
    }
    __syncthreads();
    if (key_group > 0) {
        return;
    }
    for (int other = 0; other < KEY_GROUPS - 1; other++) {
#pragma unroll
        for (int t = 0; t < SIXTEENS; t++) {
            gather(rooms + ((other * ROW_WARPS + warp) * SIXTEENS + t) * LEFT, sum[t], most[t], weight[t], factor);
        }
    }
#endif
#pragma unroll
    for (int t = 0; t < SIXTEENS; t++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            float total = weight[t][i];
            total += __shfl_xor_sync(0xffffffffu, total, 1);
            total += __shfl_xor_sync(0xffffffffu, total, 2);
            int of = warp_row + 16 * t + lane / 4 + 8 * i;
            if (of < count * GROUP) {
                int head = kv_head * GROUP + of % GROUP;
                float share = share_of(most[t][i] * factor, total, sinks, head);
                Target to = Target{out, shape.narrow != 0}.from(
                        ((long long)(token + of / GROUP) * shape.heads + head) * VALUE_DIM + lane % 4 * 2);
#pragma unroll
                for (int m = 0; m < VALUE_DIM / 8; m++) {
                    to.set_two(8 * m, sum[t][m][2 * i] * share, sum[t][m][2 * i + 1] * share);
                }
            }
        }
    }
}

#endif
