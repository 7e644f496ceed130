// Attention of prompts over the paged pool on tensor cores, for heads of whole 16s: rows of several tokens. Compiled for one
// shape, paged.cuh has its dimensions, and one tile:
//
//   ROWS                       queries of a tile
//   KEYS KEY_GROUPS SIXTEENS   keys that a warp takes at a time, warps that share queries, times 16 queries of a warp
//   BLOCKS KEPT_QUERIES        blocks of a multiprocessor, whether queries stay in registers
//
// Fragments of mma.m16n8k16 are named as the PTX manual has them: a thread is member `lane % 4` of quad `lane / 4`.

#include "paged.cuh"

#ifndef ROWS
#define ROWS 64
#endif
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
