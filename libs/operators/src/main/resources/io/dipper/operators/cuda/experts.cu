// The chosen experts of few tokens: a warp a pair of token and expert, or a token, and some columns. Of all experts'
// matrices only the chosen ones are read, once a pair.

// Columns of a warp of open_few and close_few, and chunks of eight values that a lane has on the way for each row.
#ifndef COLUMNS
#define COLUMNS 2
#define DEPTH 2
#endif
#define FEW_THREADS 128

// Eight values of a weight that is read once: they need no place in the first cache.
__device__ __forceinline__ uint4 streamed(const uint4* place) {
    uint4 value;
    asm("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
        : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
        : "l"(place));
    return value;
}

__device__ __forceinline__ float both(unsigned a, unsigned b, float sum) {
    sum = fmaf(__uint_as_float(a << 16), __uint_as_float(b << 16), sum);
    return fmaf(__uint_as_float(a & 0xffff0000u), __uint_as_float(b & 0xffff0000u), sum);
}

__device__ __forceinline__ float eight(const uint4& a, const uint4& b, float sum) {
    return both(a.w, b.w, both(a.z, b.z, both(a.y, b.y, both(a.x, b.x, sum))));
}

// A row of float32 into shared memory as bfloat16, eight values a step.
__device__ __forceinline__ void round_into(uint4* target, const float* row, int chunks, float factor) {
#pragma unroll 4
    for (int i = threadIdx.x; i < chunks; i += FEW_THREADS) {
        float4 a = reinterpret_cast<const float4*>(row)[2 * i];
        float4 b = reinterpret_cast<const float4*>(row)[2 * i + 1];
        target[i] = make_uint4(
                packed(a.x * factor, a.y * factor), packed(a.z * factor, a.w * factor),
                packed(b.x * factor, b.y * factor), packed(b.z * factor, b.w * factor));
    }
}

// The next chunks of some rows; what lies beyond their end is 0.
template <int ROWS>
__device__ __forceinline__ void fetch(uint4 (&target)[DEPTH][ROWS], const uint4* const (&rows)[ROWS], int at, int chunks) {
#pragma unroll
    for (int d = 0; d < DEPTH; d++) {
#pragma unroll
        for (int row = 0; row < ROWS; row++) {
            target[d][row] = at + 32 * d < chunks ? streamed(rows[row] + at + 32 * d) : make_uint4(0, 0, 0, 0);
        }
    }
}

// joined [pairs, inner] bfloat16: opened halves of a pair, COLUMNS a warp. Widths are multiples of 8. The first weights
// are on their way while the token's row is rounded.
extern "C" __global__ void __launch_bounds__(FEW_THREADS) open_few(
        const float* x, const int* chosen, const float* weights, const bf16* gate_up, const float* bias, bf16* joined,
        int used, int hidden, int inner, int weighs_input, Gate gate) {
    extern __shared__ uint4 token[];
    int first = (blockIdx.x * (FEW_THREADS / 32) + threadIdx.x / 32) * COLUMNS;
    int pair = blockIdx.y;
    int lane = threadIdx.x % 32;
    int chunks = hidden / 8;
    await_predecessor();
    admit_successor();
    long long expert = 2LL * chosen[pair] * inner;
    const uint4* rows[2 * COLUMNS];
#pragma unroll
    for (int i = 0; i < 2 * COLUMNS; i++) {
        int column = min(first + i / 2, inner - 1);
        rows[i] = reinterpret_cast<const uint4*>(gate_up) + (expert + column + i % 2 * inner) * chunks;
    }
    uint4 next[DEPTH][2 * COLUMNS];
    fetch(next, rows, lane, chunks);
    round_into(token, x + (long long)(pair / used) * hidden, chunks, weighs_input ? weights[pair] : 1.0f);
    __syncthreads();
    float sums[2 * COLUMNS] = {};
    for (int at = lane; at < chunks; at += 32 * DEPTH) {
        uint4 now[DEPTH][2 * COLUMNS];
        memcpy(now, next, sizeof(now));
        fetch(next, rows, at + 32 * DEPTH, chunks);
#pragma unroll
        for (int d = 0; d < DEPTH; d++) {
            uint4 values = token[min(at + 32 * d, chunks - 1)];
#pragma unroll
            for (int i = 0; i < 2 * COLUMNS; i++) {
                sums[i] = eight(now[d][i], values, sums[i]);
            }
        }
    }
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        float opened = warp_sum(sums[2 * i]);
        float up = warp_sum(sums[2 * i + 1]);
        int column = first + i;
        if (lane == 0 && column < inner) {
            if (bias != nullptr) {
                opened += bias[expert + column];
                up += bias[expert + inner + column];
            }
            joined[(long long)pair * inner + column] = rounded(join(gate, opened, up));
        }
    }
}

// Where a lane is in the rows of a token's experts, one after another.
struct Place {
    int slot;
    int chunk;

    __device__ __forceinline__ void forward(int chunks) {
        chunk += 32;
        while (chunk >= chunks) {
            chunk -= chunks;
            slot++;
        }
    }
};

struct Reader {
    const uint4* down;
    const int* chosen;
    int used;
    int hidden;
    int chunks;
    int column;

    __device__ __forceinline__ void fetch(uint4 (&target)[2 * DEPTH][COLUMNS], Place place) const {
#pragma unroll
        for (int d = 0; d < 2 * DEPTH; d++) {
#pragma unroll
            for (int i = 0; i < COLUMNS; i++) {
                target[d][i] = make_uint4(0, 0, 0, 0);
                if (place.slot < used) {
                    long long row = (long long)__ldcg(chosen + place.slot) * hidden + min(column + i, hidden - 1);
                    target[d][i] = streamed(down + row * chunks + place.chunk);
                }
            }
            place.forward(chunks);
        }
    }
};

// y [tokens, hidden]: a warp a token and COLUMNS columns. Its lanes go through the rows of all its experts as through one;
// what they have is added in the same order always. Which experts were chosen is known before open_few runs, so their
// weights are fetched before it is done.
extern "C" __global__ void __launch_bounds__(FEW_THREADS) close_few(
        const bf16* joined, const int* chosen, const float* weights, const bf16* down, const float* bias, float* y,
        int used, int hidden, int inner, int weighs_input) {
    extern __shared__ uint4 inputs[];
    int token = blockIdx.y;
    int lane = threadIdx.x % 32;
    int chunks = inner / 8;
    chosen += (long long)token * used;
    weights += (long long)token * used;
    Reader reader = {reinterpret_cast<const uint4*>(down), chosen, used, hidden, chunks,
                     (int)(blockIdx.x * (FEW_THREADS / 32) + threadIdx.x / 32) * COLUMNS};
    Place place = {0, lane - 32};
    place.forward(chunks);
    uint4 next[2 * DEPTH][COLUMNS];
    reader.fetch(next, place);
    await_predecessor();
    admit_successor();
    const uint4* source = reinterpret_cast<const uint4*>(joined) + (long long)token * used * chunks;
#pragma unroll 4
    for (int i = threadIdx.x; i < used * chunks; i += FEW_THREADS) {
        inputs[i] = source[i];
    }
    __syncthreads();
    float sums[COLUMNS] = {};
    while (place.slot < used) {
        uint4 now[2 * DEPTH][COLUMNS];
        memcpy(now, next, sizeof(now));
        Place later = place;
#pragma unroll
        for (int d = 0; d < 2 * DEPTH; d++) {
            later.forward(chunks);
        }
        reader.fetch(next, later);
#pragma unroll
        for (int d = 0; d < 2 * DEPTH; d++) {
            if (place.slot < used) {
                uint4 values = inputs[place.slot * chunks + place.chunk];
                float weight = weighs_input ? 1.0f : weights[place.slot];
#pragma unroll
                for (int i = 0; i < COLUMNS; i++) {
                    sums[i] = fmaf(weight, eight(now[d][i], values, 0.0f), sums[i]);
                }
            }
            place.forward(chunks);
        }
    }
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        int column = reader.column + i;
        float sum = warp_sum(sums[i]);
        if (lane == 0 && column < hidden) {
            for (int slot = 0; bias != nullptr && slot < used; slot++) {
                sum = fmaf(bias[(long long)chosen[slot] * hidden + column], weighs_input ? 1.0f : weights[slot], sum);
            }
            y[(long long)token * hidden + column] = sum;
        }
    }
}

// The same at any width.

// joined [pairs, inner]: a warp a pair of token and expert and a column of its opened halves.
extern "C" __global__ void open_any(
        const float* x, const int* chosen, const float* weights, const bf16* gate_up, const float* bias, float* joined,
        int used, int hidden, int inner, int weighs_input, Gate gate) {
    int column = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    int pair = blockIdx.y;
    int lane = threadIdx.x % 32;
    await_predecessor();
    admit_successor();
    if (column >= inner) {
        return;
    }
    long long first = 2LL * chosen[pair] * inner + column;
    const float* row = x + (long long)(pair / used) * hidden;
    float factor = weighs_input ? weights[pair] : 1.0f;
    float opened = row_product(gate_up + first * hidden, row, hidden, factor, lane);
    float up = row_product(gate_up + (first + inner) * hidden, row, hidden, factor, lane);
    if (lane == 0) {
        if (bias != nullptr) {
            opened += bias[first];
            up += bias[first + inner];
        }
        joined[(long long)pair * inner + column] = join(gate, opened, up);
    }
}

// y [tokens, hidden]: a warp a token and a column; its experts' outputs are added best first.
extern "C" __global__ void close_any(
        const float* joined, const int* chosen, const float* weights, const bf16* down, const float* bias, float* y,
        int used, int hidden, int inner, int weighs_input) {
    int column = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    int token = blockIdx.y;
    int lane = threadIdx.x % 32;
    await_predecessor();
    admit_successor();
    if (column >= hidden) {
        return;
    }
    float sum = 0;
    for (int slot = 0; slot < used; slot++) {
        long long pair = (long long)token * used + slot;
        long long row = (long long)chosen[pair] * hidden + column;
        float output = row_product(down + row * inner, joined + pair * inner, inner, 1.0f, lane);
        output += bias == nullptr ? 0.0f : bias[row];
        sum = fmaf(output, weighs_input ? 1.0f : weights[pair], sum);
    }
    if (lane == 0) {
        y[(long long)token * hidden + column] = sum;
    }
}
