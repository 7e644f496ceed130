// Attention of prompts over the paged pool by warp groups' products (wgmma), which compute capability 9.0 alone has.
// Compiled for one shape, with heads of 64 or 128:
//
//   HEAD_DIM VALUE_DIM GROUP   dimensions of keys and values, query heads that share a key-value head
//
// A block has a multiprocessor for itself and takes tiles of 128 queries one after another: one warp group fetches, two
// multiply, 64 queries each. In
// shared memory a matrix lies in slabs of 64 columns; a slab's rows are 128 bytes, whose eight pieces of 16 bytes change
// places by the row, as the 128-byte swizzle has it. Fragments are named as the PTX manual has them: a thread is member
// `lane % 4` of quad `lane / 4`, and a warp of a group has the group's rows of a quarter.

#include "paged.cuh"

#define ROWS 128
#define GROUP_ROWS 64
#define TILE_TOKENS (ROWS / GROUP)
#define KEYS 128
#define STAGES 3
#define FETCHERS 128
#define SLAB_BYTES (KEYS * 128)
#define QUERY_BYTES (ROWS * HEAD_DIM * 2)
#define KEY_BYTES (KEYS * HEAD_DIM * 2)
#define STAGE_BYTES (KEYS * PAIR_DIM * 2)

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// Barriers in shared memory: threads arrive, others wait for the phase of a parity.
__device__ __forceinline__ void prepare_barrier(unsigned barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

__device__ __forceinline__ void arrive(unsigned barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

__device__ __forceinline__ void wait(unsigned barrier, int parity) {
    int done;
    do {
        asm volatile("{\n"
                     ".reg .pred done;\n"
                     "mbarrier.try_wait.parity.shared::cta.b64 done, [%1], %2;\n"
                     "selp.s32 %0, 1, 0, done;\n"
                     "}"
                     : "=r"(done)
                     : "r"(barrier), "r"(parity)
                     : "memory");
    } while (done == 0);
}

// The thread arrives when its copies so far are done.
__device__ __forceinline__ void arrive_copied(unsigned barrier) {
    asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" ::"r"(barrier) : "memory");
}

// So many bytes will come that tell the barrier themselves.
__device__ __forceinline__ void expect(unsigned barrier, int bytes) {
    asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

// What the driver made of the pool: a matrix with a row a token and head, to be read in boxes of 16 rows and 64 columns.
struct __align__(64) Boxes {
    unsigned long long words[16];
};

// Copies a box to where the swizzle has it.
__device__ __forceinline__ void copy_box(const Boxes& boxes, unsigned target, int column, int row, unsigned barrier) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
                 ::"r"(target), "l"(&boxes), "r"(column), "r"(row), "r"(barrier)
                 : "memory");
}

// Waits for copies, which products may read then.
__device__ __forceinline__ void wait_copied(unsigned barrier, int parity) {
    wait(barrier, parity);
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

__device__ __forceinline__ void products_begin() {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void products_grouped() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits for all groups of products but the last LATER.
template <int LATER>
__device__ __forceinline__ void products_awaited() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(LATER) : "memory");
}

// Keeps the compiler from reading sums before this place.
template <int N>
__device__ __forceinline__ void held(float (&sums)[N][4]) {
#pragma unroll
    for (int n = 0; n < N; n++) {
        asm volatile("" : "+f"(sums[n][0]), "+f"(sums[n][1]), "+f"(sums[n][2]), "+f"(sums[n][3])::"memory");
    }
}

// A matrix in slabs: `next_slab` bytes between slabs, which counts only where a product takes several, in columns that
// are no summation; 1,024 bytes between eight rows and the next.
__device__ __forceinline__ unsigned long long described(unsigned address, int next_slab) {
    return (unsigned long long)(address >> 4 & 0x3fff) | (unsigned long long)(next_slab >> 4) << 16
            | (unsigned long long)(1024 >> 4) << 32 | 1ull << 62;
}

#define FOUR(n) "+f"(sums[n][0]), "+f"(sums[n][1]), "+f"(sums[n][2]), "+f"(sums[n][3])
#define SIXTEEN(n) FOUR(n), FOUR(n + 1), FOUR(n + 2), FOUR(n + 3)
#define NAMES_32                                                                                                     \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, " \
    "%24, %25, %26, %27, %28, %29, %30, %31"
#define NAMES_64                                                                                                  \
    NAMES_32                                                                                                      \
    ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, " \
    "%53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"

// sums [64, 128] = a [64, 16] · b [16, 128], added to them if `adds`; both lie in shared memory, summed along their rows.
__device__ __forceinline__ void multiply(
        float (&sums)[16][4], unsigned long long a, unsigned long long b, bool adds) {
    asm volatile("{\n"
                 ".reg .pred adds;\n"
                 "setp.ne.b32 adds, %66, 0;\n"
                 "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {" NAMES_64 "}, %64, %65, adds, 1, 1, 0, 0;\n"
                 "}"
                 : SIXTEEN(0), SIXTEEN(4), SIXTEEN(8), SIXTEEN(12)
                 : "l"(a), "l"(b), "r"((int)adds));
}

// sums [64, 8 N] += a [64, 16] · b [16, 8 N]; a is in registers, b's rows are what is summed.
__device__ __forceinline__ void multiply_add(float (&sums)[16][4], const unsigned (&a)[4], unsigned long long b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {" NAMES_64
                 "}, {%64, %65, %66, %67}, %68, 1, 1, 1, 1;"
                 : SIXTEEN(0), SIXTEEN(4), SIXTEEN(8), SIXTEEN(12)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

__device__ __forceinline__ void multiply_add(float (&sums)[8][4], const unsigned (&a)[4], unsigned long long b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {" NAMES_32
                 "}, {%32, %33, %34, %35}, %36, 1, 1, 1, 1;"
                 : SIXTEEN(0), SIXTEEN(4)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

// A tile of queries of one row of the step, with all heads of a group, and the stages of KEYS positions that they see.
struct Tile {
    int kv_head;
    int row;
    int token;
    int count;
    int first;
    int last;
    int begin;
    int end;
};

// The barriers: of each stage, that keys are there, that values are, that all have used it; of the queries, that they
// are there with their tile, and that all have used them.
struct Ring {
    unsigned first;

    __device__ __forceinline__ unsigned keys_of(int turn) const {
        return first + 8 * (turn % STAGES);
    }
    __device__ __forceinline__ unsigned values_of(int turn) const {
        return first + 8 * (STAGES + turn % STAGES);
    }
    __device__ __forceinline__ unsigned free_of(int turn) const {
        return first + 8 * (2 * STAGES + turn % STAGES);
    }
    __device__ __forceinline__ unsigned queries() const {
        return first + 8 * 3 * STAGES;
    }
    __device__ __forceinline__ unsigned queries_free() const {
        return first + 8 * (3 * STAGES + 1);
    }
};

#define BARRIERS (3 * STAGES + 2)

// Copies a row's piece to where the swizzle has it.
__device__ __forceinline__ void place(char* slabs, int slab_bytes, int row, int piece, const void* source, bool there) {
    copy_early(slabs + piece / 8 * slab_bytes + row * 128 + ((piece ^ row) & 7) * 16, source, there);
}

// How many tiles the step has. By one warp.
__device__ __forceinline__ int count_tiles(const int* starts, int row_count) {
    int lane = threadIdx.x % 32;
    int tiles = 0;
    for (int row = lane; row < row_count; row += 32) {
        int tokens = starts[row + 1] - starts[row];
        tiles += tokens > 1 ? (tokens + TILE_TOKENS - 1) / TILE_TOKENS : 0;
    }
    return __reduce_add_sync(0xffffffffu, tiles);
}

// The block's tile number `turn`; its row is -1 if there is none. Tiles go to the blocks forwards and backwards in turn,
// the last tokens, which see most, first: so each has about the same work. By one warp.
__device__ __forceinline__ Tile tile_of(
        const Shape& shape, const int* positions, const int* starts, int row_count, int tiles, int turn) {
    int blocks = gridDim.x;
    int at = turn % 2 == 0 ? turn * blocks + (int)blockIdx.x : (turn + 1) * blocks - 1 - (int)blockIdx.x;
    Tile tile;
    tile.row = -1;
    if (at < tiles * shape.kv_heads) {
        tile.kv_head = at % shape.kv_heads;
        tile.row = find_tile(
                starts, row_count, TILE_TOKENS, tiles - 1 - at / shape.kv_heads, tile.token, tile.count);
        tile.last = positions[tile.token + tile.count - 1];
        tile.first = first_seen(shape, positions[tile.token]);
        tile.begin = tile.first / KEYS;
        tile.end = tile.last / KEYS + 1;
    }
    return tile;
}

template <int DIM>
__device__ __forceinline__ void fetch_half(
        const Shape& shape, const Tile& tile, const bf16* pool, char* target, int offset, int from, int block) {
    int thread = threadIdx.x % FETCHERS;
    int piece = thread % (DIM / 8);
    int among = thread / (DIM / 8);
#pragma unroll
    for (int sixteen = 0; sixteen < KEYS / 16; sixteen++) {
        int at = from / 16 + sixteen;
        const bf16* source =
                place_of(shape, pool, __shfl_sync(0xffffffffu, block, sixteen), at, tile.kv_head) + offset;
#pragma unroll
        for (int of = 0; of < 16; of += FETCHERS / (DIM / 8)) {
            int position = 16 * at + of + among;
            bool there = position >= tile.first && position <= tile.last;
            place(target, SLAB_BYTES, 16 * sixteen + of + among, piece,
                  source + (of + among) * PAIR_DIM + 8 * piece, there);
        }
    }
}

// A stage of which everything is seen, as boxes: a lane each, by one warp.
__device__ __forceinline__ void fetch_boxes(
        const Shape& shape, const Tile& tile, const Boxes& boxes, const Ring& ring, unsigned target, int from, int block,
        int turn) {
    int lane = threadIdx.x % 32;
    int sixteen = lane % (KEYS / 16);
    int slab = lane / (KEYS / 16);
    int of = __shfl_sync(0xffffffffu, block, sixteen);
    if (lane == 0) {
        expect(ring.keys_of(turn), KEY_BYTES);
        expect(ring.values_of(turn), STAGE_BYTES - KEY_BYTES);
    }
    __syncwarp();
    if (slab < PAIR_DIM / 64) {
        int row = (of * shape.kv_heads + tile.kv_head) * shape.block_tokens + (from + 16 * sixteen) % shape.block_tokens;
        copy_box(boxes, target + slab * SLAB_BYTES + sixteen * 2048, 64 * slab, row,
                 slab < HEAD_DIM / 64 ? ring.keys_of(turn) : ring.values_of(turn));
    }
}

__device__ __forceinline__ void fetch_queries(
        const Shape& shape, const Tile& tile, const bf16* queries, char* shared) {
    for (int i = threadIdx.x % FETCHERS; i < ROWS * (HEAD_DIM / 8); i += FETCHERS) {
        int of = i / (HEAD_DIM / 8);
        int piece = i % (HEAD_DIM / 8);
        bool there = of < tile.count * GROUP;
        long long token = tile.token + (there ? of / GROUP : 0);
        const bf16* head = queries + (token * shape.heads + tile.kv_head * GROUP + of % GROUP) * HEAD_DIM;
        place(shared, ROWS * 128, of, piece, head + 8 * piece, there);
    }
}

// The fetching group runs ahead as far as the ring lets it, into the next tile too: barriers are arrived at when copies
// are there. Where not all of a stage is seen, what is not becomes zeros.
__device__ __forceinline__ void fetch(
        const Shape& shape, const Ring& ring, const bf16* queries, const bf16* pool, const int* positions,
        const int* starts, const int* table, int row_count, const Boxes& boxes, char* shared, Tile* shown) {
    int lane = threadIdx.x % 32;
    int tiles = count_tiles(starts, row_count);
    int turn = 0;
    for (int number = 0;; number++) {
        Tile tile = tile_of(shape, positions, starts, row_count, tiles, number);
        if (number == 0) {
            await_predecessor();
            admit_successor();
        } else {
            wait(ring.queries_free(), number - 1 & 1);
        }
        if (tile.row >= 0) {
            fetch_queries(shape, tile, queries, shared);
        }
        if (threadIdx.x % FETCHERS == 0) {
            shown[number % 2] = tile;
            arrive(ring.queries());
        }
        arrive_copied(ring.queries());
        if (tile.row < 0) {
            return;
        }
        for (int stage = tile.begin; stage < tile.end; stage++, turn++) {
            int sixteen = stage * (KEYS / 16) + lane;
            bool seen = lane < KEYS / 16 && 16 * sixteen <= tile.last && 16 * sixteen + 15 >= tile.first;
            int block = seen ? block_of(shape, table, tile.row, sixteen) : 0;
            if (turn >= STAGES) {
                wait(ring.free_of(turn), turn / STAGES + 1 & 1);
            }
            char* target = shared + QUERY_BYTES + turn % STAGES * STAGE_BYTES;
            if (stage * KEYS >= tile.first && stage * KEYS + KEYS - 1 <= tile.last) {
                if (threadIdx.x % FETCHERS < 32) {
                    fetch_boxes(shape, tile, boxes, ring, (unsigned)__cvta_generic_to_shared(target), stage * KEYS, block,
                                turn);
                }
                arrive(ring.keys_of(turn));
                arrive(ring.values_of(turn));
                continue;
            }
            fetch_half<HEAD_DIM>(shape, tile, pool, target, 0, stage * KEYS, block);
            arrive_copied(ring.keys_of(turn));
            fetch_half<VALUE_DIM>(shape, tile, pool, target + KEY_BYTES, HEAD_DIM, stage * KEYS, block);
            arrive_copied(ring.values_of(turn));
        }
    }
}

// Scores of one thread's two rows to weights: `most` and `weight` are their running maxima and sums, `correction` is what
// older sums must be multiplied by.
__device__ __forceinline__ void weigh(
        float (&score)[KEYS / 8][4], float (&most)[2], float (&weight)[2], float (&correction)[2], float factor) {
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
        correction[i] = power(most[i] * factor - known);
        most[i] = larger;
        float total = 0;
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++) {
            score[n][2 * i] = power(fmaf(score[n][2 * i], factor, -known));
            score[n][2 * i + 1] = power(fmaf(score[n][2 * i + 1], factor, -known));
            total += score[n][2 * i] + score[n][2 * i + 1];
        }
        weight[i] = weight[i] * correction[i] + total;
    }
}

// A multiplying group's queries among one stage's keys.
struct Sight {
    int to[2];
    int from[2];
    int all_to;
    int all_from;

    // Caps and masks the scores of the stage that begins at position `at`.
    __device__ __forceinline__ void mask(const Shape& shape, float (&score)[KEYS / 8][4], int at) const {
        if (shape.softcap != 0.0f) {
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    score[n][i] = scaled(shape, score[n][i]);
                }
            }
        }
        if (at + KEYS - 1 > all_to || at < all_from) {
            int member = threadIdx.x % 4;
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    int position = at + 8 * n + member * 2 + i % 2;
                    bool seen = position <= to[i / 2] && position >= from[i / 2];
                    score[n][i] = seen ? score[n][i] : -INFINITE;
                }
            }
        }
    }
};

__device__ __forceinline__ void multiply_keys(float (&score)[KEYS / 8][4], unsigned queries, unsigned keys) {
#pragma unroll
    for (int k = 0; k < HEAD_DIM / 16; k++) {
        multiply(score, described(queries + k / 4 * (ROWS * 128) + k % 4 * 32, 16),
                 described(keys + k / 4 * SLAB_BYTES + k % 4 * 32, 16), k > 0);
    }
}

__device__ __forceinline__ void multiply_values(
        float (&sum)[VALUE_DIM / 8][4], const unsigned (&share)[KEYS / 16][4], unsigned values) {
#pragma unroll
    for (int k = 0; k < KEYS / 16; k++) {
        multiply_add(sum, share[k], described(values + k * 2048, SLAB_BYTES));
    }
}

__device__ __forceinline__ void pack(unsigned (&share)[KEYS / 16][4], const float (&score)[KEYS / 8][4]) {
#pragma unroll
    for (int k = 0; k < KEYS / 16; k++) {
        share[k][0] = packed(score[2 * k][0], score[2 * k][1]);
        share[k][1] = packed(score[2 * k][2], score[2 * k][3]);
        share[k][2] = packed(score[2 * k + 1][0], score[2 * k + 1][1]);
        share[k][3] = packed(score[2 * k + 1][2], score[2 * k + 1][3]);
    }
}

__device__ __forceinline__ void begin_sight(
        Sight& sight, const Shape& shape, const Tile& tile, const int* positions, int warp_row) {
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < 2; i++) {
        int of = min((warp_row + lane / 4 + 8 * i) / GROUP, tile.count - 1);
        sight.to[i] = positions[tile.token + of];
        sight.from[i] = first_seen(shape, sight.to[i]);
    }
    sight.all_to = positions[tile.token + min(warp_row / GROUP, tile.count - 1)];
    sight.all_from = first_seen(shape, positions[tile.token + min((warp_row + 15) / GROUP, tile.count - 1)]);
}

// Older sums to the new maxima.
__device__ __forceinline__ void shrink(float (&sum)[VALUE_DIM / 8][4], const float (&correction)[2]) {
    if (__any_sync(0xffffffffu, correction[0] != 1.0f || correction[1] != 1.0f)) {
#pragma unroll
        for (int m = 0; m < VALUE_DIM / 8; m++) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                sum[m][i] *= correction[i / 2];
            }
        }
    }
}

// Stages that nothing, or nothing more, of the group's queries sees.
__device__ __forceinline__ void pass(const Ring& ring, int turn, int end, int lane) {
    for (; turn < end; turn++) {
        wait(ring.values_of(turn), turn / STAGES & 1);
        if (lane == 0) {
            arrive(ring.free_of(turn));
        }
    }
}

// Sums over their weights, to where the tile's tokens have their answers.
__device__ __forceinline__ void answer(
        const Shape& shape, const Tile& tile, const float (&sum)[VALUE_DIM / 8][4], const float (&most)[2],
        const float (&weight)[2], float factor, const float* sinks, float* out, int warp_row, int lane) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
        float total = weight[i];
        total += __shfl_xor_sync(0xffffffffu, total, 1);
        total += __shfl_xor_sync(0xffffffffu, total, 2);
        int of = warp_row + lane / 4 + 8 * i;
        if (of < tile.count * GROUP) {
            int head = tile.kv_head * GROUP + of % GROUP;
            float part = share_of(most[i] * factor, total, sinks, head);
            Target to = Target{out, shape.narrow != 0}.from(
                    ((long long)(tile.token + of / GROUP) * shape.heads + head) * VALUE_DIM + lane % 4 * 2);
#pragma unroll
            for (int m = 0; m < VALUE_DIM / 8; m++) {
                to.set_two(8 * m, sum[m][2 * i] * part, sum[m][2 * i + 1] * part);
            }
        }
    }
}

// A multiplying group and a tile, whose stages are in the ring from `first` on: the products of the next stage's keys and
// of this one's values run while the next one's scores become weights.
__device__ __forceinline__ void multiply_tile(
        const Shape& shape, const Tile& tile, const Ring& ring, const int* positions, const float* sinks, float* out,
        unsigned shared, int group, int first) {
    int lane = threadIdx.x % 32;
    int warp_row = group * GROUP_ROWS + threadIdx.x / 32 % 4 * 16;
    Sight sight;
    begin_sight(sight, shape, tile, positions, warp_row);
    // Beyond what the group's last query sees, another group's queries see.
    int group_last = min((group * GROUP_ROWS + GROUP_ROWS - 1) / GROUP, tile.count - 1);
    int until = first + positions[tile.token + group_last] / KEYS + 1 - tile.begin;

    float score[KEYS / 8][4];
    float sum[VALUE_DIM / 8][4] = {};
    unsigned share[KEYS / 16][4];
    float most[2] = {-INFINITE, -INFINITE};
    float weight[2] = {};
    float correction[2];
    float factor = shape.softcap == 0.0f ? shape.scale * LOG2_E : 1.0f;
    unsigned queries = shared + group * GROUP_ROWS * 128;
    unsigned stages = shared + QUERY_BYTES;

    wait_copied(ring.keys_of(first), first / STAGES & 1);
    products_begin();
    multiply_keys(score, queries, stages + first % STAGES * STAGE_BYTES);
    products_grouped();
    products_awaited<0>();
    held(score);
    sight.mask(shape, score, tile.begin * KEYS);
    weigh(score, most, weight, correction, factor);
    pack(share, score);
    for (int turn = first; turn + 1 < until; turn++) {
        int next = turn + 1;
        wait_copied(ring.keys_of(next), next / STAGES & 1);
        wait_copied(ring.values_of(turn), turn / STAGES & 1);
        held(sum);
        products_begin();
        multiply_keys(score, queries, stages + next % STAGES * STAGE_BYTES);
        products_grouped();
        multiply_values(sum, share, stages + turn % STAGES * STAGE_BYTES + KEY_BYTES);
        products_grouped();
        products_awaited<1>();
        held(score);
        sight.mask(shape, score, (tile.begin + next - first) * KEYS);
        weigh(score, most, weight, correction, factor);
        products_awaited<0>();
        held(sum);
        if (lane == 0) {
            arrive(ring.free_of(turn));
        }
        shrink(sum, correction);
        pack(share, score);
    }
    if (lane == 0) {
        arrive(ring.queries_free());
    }
    int turn = until - 1;
    wait_copied(ring.values_of(turn), turn / STAGES & 1);
    held(sum);
    products_begin();
    multiply_values(sum, share, stages + turn % STAGES * STAGE_BYTES + KEY_BYTES);
    products_grouped();
    products_awaited<0>();
    held(sum);
    pass(ring, turn, first + tile.end - tile.begin, lane);
    answer(shape, tile, sum, most, weight, factor, sinks, out, warp_row, lane);
}

// Grid: as many blocks as run at once, or as there are tiles of key-value heads at most if those are fewer. A tile is
// TILE_TOKENS tokens of a row with all heads of the group, so each key that is fetched serves them all.
extern "C" __global__ void __launch_bounds__(3 * FETCHERS, 1) prompts(
        Shape shape, const bf16* queries, const bf16* pool, const int* positions, const int* starts, const int* table,
        const float* sinks, float* out, int row_count, const __grid_constant__ Boxes boxes) {
    extern __shared__ __align__(1024) char room[];
    __shared__ __align__(8) unsigned long long barriers[BARRIERS];
    __shared__ Tile shown[2];
    // The swizzle is by addresses.
    char* shared = room + (1024 - ((unsigned)__cvta_generic_to_shared(room) & 1023) & 1023);
    Ring ring{(unsigned)__cvta_generic_to_shared(barriers)};
    if (threadIdx.x == 0) {
        for (int stage = 0; stage < STAGES; stage++) {
            prepare_barrier(ring.keys_of(stage), FETCHERS);
            prepare_barrier(ring.values_of(stage), FETCHERS);
            // Each multiplying warp.
            prepare_barrier(ring.free_of(stage), 8);
        }
        prepare_barrier(ring.queries(), FETCHERS + 1);
        prepare_barrier(ring.queries_free(), 8);
    }
    __syncthreads();
    int group = threadIdx.x / FETCHERS;
    if (group == 2) {
        asm volatile("setmaxnreg.dec.sync.aligned.u32 72;");
        fetch(shape, ring, queries, pool, positions, starts, table, row_count, boxes, shared, shown);
        return;
    }
    asm volatile("setmaxnreg.inc.sync.aligned.u32 216;");
    int first = 0;
    for (int number = 0;; number++) {
        wait_copied(ring.queries(), number & 1);
        Tile tile = shown[number % 2];
        if (tile.row < 0) {
            return;
        }
        multiply_tile(
                shape, tile, ring, positions, sinks, out, (unsigned)__cvta_generic_to_shared(shared), group, first);
        first += tile.end - tile.begin;
    }
}

#endif
