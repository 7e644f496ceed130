// What designs of several residual streams do between a layer's products: a block a token, a thread four neighbouring
// columns of all streams. So all of a token is on its way at once, and weights are there before the predecessor is done.
// The kernels are the last of their operators and read weights only before they wait, so each admits at once.

#define MOST_STREAMS 4
#define MOST_THREADS 1024

typedef float Columns[4];

// Columns `at` to `at` + 3 of a row; zeros beyond its width.
__device__ __forceinline__ void load_weights(Columns& x, const float* row, int at, int width) {
    bool whole = width % 4 == 0 && at < width;
    float4 v = whole ? *reinterpret_cast<const float4*>(row + at) : make_float4(0, 0, 0, 0);
    x[0] = v.x, x[1] = v.y, x[2] = v.z, x[3] = v.w;
    for (int c = 0; !whole && c < 4 && at + c < width; c++) {
        x[c] = row[at + c];
    }
}

__device__ __forceinline__ void load_weights(Columns& x, const bf16* row, int at, int width) {
    bool whole = width % 4 == 0 && at < width;
    uint2 v = whole ? *reinterpret_cast<const uint2*>(row + at) : make_uint2(0, 0);
    x[0] = __uint_as_float(v.x << 16), x[1] = __uint_as_float(v.x & 0xffff0000u);
    x[2] = __uint_as_float(v.y << 16), x[3] = __uint_as_float(v.y & 0xffff0000u);
    for (int c = 0; !whole && c < 4 && at + c < width; c++) {
        x[c] = widened(row[at + c]);
    }
}

// The same of what other kernels write.
__device__ __forceinline__ void load_fresh(Columns& x, const float* row, int at, int width) {
    bool whole = width % 4 == 0 && at < width;
    float4 v = whole ? fresh_four(row + at) : make_float4(0, 0, 0, 0);
    x[0] = v.x, x[1] = v.y, x[2] = v.z, x[3] = v.w;
    for (int c = 0; !whole && c < 4 && at + c < width; c++) {
        x[c] = fresh(row + at + c);
    }
}

__device__ __forceinline__ void store(float* row, int at, int width, const Columns& x) {
    if (width % 4 == 0) {
        if (at < width) {
            *reinterpret_cast<float4*>(row + at) = make_float4(x[0], x[1], x[2], x[3]);
        }
        return;
    }
    for (int c = 0; c < 4 && at + c < width; c++) {
        row[at + c] = x[c];
    }
}

__device__ __forceinline__ float squares_of(const Columns& x) {
    return x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3];
}

__device__ __forceinline__ float norm_scale(float squares, int width, float epsilon) {
    return 1.0f / sqrtf(squares / width + epsilon);
}

// Sums over a block of N values a thread. Only the threads of the first warp get them.
template <int N>
__device__ __forceinline__ void first_warp_sums(float (&values)[N], float (*partial)[32]) {
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < N; i++) {
        values[i] = warp_sum(values[i]);
        if (lane == 0) {
            partial[i][threadIdx.x / 32] = values[i];
        }
    }
    __syncthreads();
    if (threadIdx.x < 32) {
#pragma unroll
        for (int i = 0; i < N; i++) {
            values[i] = warp_sum(lane < blockDim.x / 32 ? partial[i][lane] : 0.0f);
        }
    }
}

// tanh(router · norm(x) / width), a number a stream, for the threads of the first warp.
template <int N>
__device__ __forceinline__ void route(
        float (&routed)[N], const Columns& x, const Columns& norm, const Columns (&router)[N], int width, float epsilon) {
    __shared__ float partial[N + 1][32];
    float sums[N + 1] = {};
    sums[N] = squares_of(x);
#pragma unroll
    for (int c = 0; c < 4; c++) {
        float weighed = x[c] * norm[c];
#pragma unroll
        for (int s = 0; s < N; s++) {
            sums[s] = fmaf(router[s][c], weighed, sums[s]);
        }
    }
    first_warp_sums(sums, partial);
    float scale = norm_scale(sums[N], width, epsilon) / width;
#pragma unroll
    for (int s = 0; s < N; s++) {
        routed[s] = tanhf(sums[s] * scale);
    }
}

// As the host fills it in. Rows of the first stream lie one after another, those of others `stride` values apart.
struct Sized {
    const float* rows[MOST_STREAMS];
    float* y;
    long long stride;
    int streams;
    int width;
    float least_square;
    int unused;
};

// A token's streams, all but the first scaled to the first's root mean square.
template <int N>
__device__ __forceinline__ void load_sized(Columns (&x)[N], const Sized& p) {
    __shared__ float partial[N][32];
    __shared__ float factors[N];
    int at = threadIdx.x * 4;
    float sums[N];
#pragma unroll
    for (int s = 0; s < N; s++) {
        load_fresh(x[s], p.rows[s] + blockIdx.x * (s == 0 ? (long long)p.width : p.stride), at, p.width);
        sums[s] = squares_of(x[s]);
    }
    first_warp_sums(sums, partial);
    if (threadIdx.x == 0) {
#pragma unroll
        for (int s = 0; s < N; s++) {
            factors[s] = s == 0 ? 1.0f : sqrtf(sums[0] / p.width / fmaxf(sums[s] / p.width, p.least_square));
        }
    }
    __syncthreads();
#pragma unroll
    for (int s = 1; s < N; s++) {
#pragma unroll
        for (int c = 0; c < 4; c++) {
            x[s][c] *= factors[s];
        }
    }
}

template <int N>
__device__ __forceinline__ void spread(const Sized& p) {
    Columns x[N];
    load_sized<N>(x, p);
#pragma unroll
    for (int s = 0; s < N; s++) {
        store(p.y + ((long long)blockIdx.x * N + s) * p.width, threadIdx.x * 4, p.width, x[s]);
    }
}

template <int N>
__device__ __forceinline__ void mean(const Sized& p) {
    Columns x[N];
    load_sized<N>(x, p);
#pragma unroll
    for (int c = 0; c < 4; c++) {
#pragma unroll
        for (int s = 1; s < N; s++) {
            x[0][c] += x[s][c];
        }
        x[0][c] *= 1.0f / N;
    }
    store(p.y + (long long)blockIdx.x * p.width, threadIdx.x * 4, p.width, x[0]);
}

extern "C" __global__ void __launch_bounds__(MOST_THREADS) altup_spread(const Sized p) {
    admit_successor();
    await_predecessor();
    switch (p.streams) {
        case 2:
            return spread<2>(p);
        case 3:
            return spread<3>(p);
        default:
            return spread<MOST_STREAMS>(p);
    }
}

extern "C" __global__ void __launch_bounds__(MOST_THREADS) altup_mean(const Sized p) {
    admit_successor();
    await_predecessor();
    switch (p.streams) {
        case 2:
            return mean<2>(p);
        case 3:
            return mean<3>(p);
        default:
            return mean<MOST_STREAMS>(p);
    }
}

// As the host fills it in.
struct Prediction {
    const float* all;
    const float* beside;
    const float* beside_norm;
    const float* router_norm;
    const bf16* router;
    const bf16* coefficients;
    float* predicted;
    float* computed;
    int streams;
    int active;
    int width;
    float epsilon;
};

template <int N>
__device__ __forceinline__ void predict(const Prediction& p) {
    __shared__ float partial[32];
    __shared__ float mixing[N * N];
    int at = threadIdx.x * 4;
    Columns norm, router[N], besides = {}, factor = {}, x[N];
    float coefficients[N] = {};
    bool adds = p.beside != nullptr;
    load_weights(norm, p.router_norm, at, p.width);
#pragma unroll
    for (int s = 0; s < N; s++) {
        load_weights(router[s], p.router + s * p.width, at, p.width);
        coefficients[s] = threadIdx.x < N * N ? widened(p.coefficients[threadIdx.x * N + s]) : 0.0f;
    }
    if (adds) {
        load_weights(factor, p.beside_norm, at, p.width);
    }
    await_predecessor();
    long long row = (long long)blockIdx.x * p.width;
#pragma unroll
    for (int s = 0; s < N; s++) {
        load_fresh(x[s], p.all + row * N + s * p.width, at, p.width);
    }
    if (adds) {
        load_fresh(besides, p.beside + row, at, p.width);
        float scale = norm_scale(block_sum(squares_of(besides), partial), p.width, p.epsilon);
#pragma unroll
        for (int s = 1; s < N; s++) {
#pragma unroll
            for (int c = 0; c < 4; c++) {
                x[s][c] += besides[c] * scale * factor[c];
            }
        }
    }
    Columns chosen;
#pragma unroll
    for (int c = 0; c < 4; c++) {
        chosen[c] = x[0][c];
#pragma unroll
        for (int s = 1; s < N; s++) {
            chosen[c] = s == p.active ? x[s][c] : chosen[c];
        }
    }
    float routed[N];
    route<N>(routed, chosen, norm, router, p.width, p.epsilon);
    if (threadIdx.x < N * N) {
        float sum = 0;
#pragma unroll
        for (int s = 0; s < N; s++) {
            sum = fmaf(coefficients[s], routed[s], sum);
        }
        mixing[threadIdx.x] = sum;
    }
    __syncthreads();
#pragma unroll
    for (int s = 0; s < N; s++) {
        Columns y;
#pragma unroll
        for (int c = 0; c < 4; c++) {
            y[c] = x[s][c];
#pragma unroll
            for (int other = 0; other < N; other++) {
                y[c] = fmaf(mixing[s * N + other], x[other][c], y[c]);
            }
        }
        store(p.predicted + row * N + s * p.width, at, p.width, y);
        if (s == p.active) {
            store(p.computed + row, at, p.width, y);
        }
    }
}

extern "C" __global__ void __launch_bounds__(MOST_THREADS) altup_predict(const Prediction p) {
    admit_successor();
    switch (p.streams) {
        case 2:
            return predict<2>(p);
        case 3:
            return predict<3>(p);
        default:
            return predict<MOST_STREAMS>(p);
    }
}

// As the host fills it in. There may be no output scale; coefficients count within the clip.
struct Correction {
    const float* predicted;
    const float* mixed;
    const float* fed;
    const float* fed_norm;
    const float* router_norm;
    const bf16* router;
    const bf16* coefficients;
    const float* output_scale;
    float* corrected;
    float* scaled;
    int streams;
    int active;
    int width;
    float epsilon;
    float clip;
    int unused;
};

template <int N>
__device__ __forceinline__ void correct(const Correction& p) {
    __shared__ float partial[32];
    __shared__ float shares[N];
    int at = threadIdx.x * 4;
    Columns norm, router[N], factor, output = {1, 1, 1, 1}, fed, made, x[N];
    float coefficients[N] = {};
    load_weights(factor, p.fed_norm, at, p.width);
    load_weights(norm, p.router_norm, at, p.width);
#pragma unroll
    for (int s = 0; s < N; s++) {
        load_weights(router[s], p.router + s * p.width, at, p.width);
        float coefficient = threadIdx.x < N ? widened(p.coefficients[threadIdx.x * N + s]) : 0.0f;
        coefficients[s] = fmaxf(fminf(coefficient, p.clip), -p.clip);
    }
    if (p.output_scale != nullptr) {
        load_weights(output, p.output_scale, at, p.width);
    }
    await_predecessor();
    long long row = (long long)blockIdx.x * p.width;
    load_fresh(fed, p.fed + row, at, p.width);
    load_fresh(made, p.mixed + row, at, p.width);
#pragma unroll
    for (int s = 0; s < N; s++) {
        load_fresh(x[s], p.predicted + row * N + s * p.width, at, p.width);
    }
    float scale = norm_scale(block_sum(squares_of(fed), partial), p.width, p.epsilon);
#pragma unroll
    for (int c = 0; c < 4; c++) {
        made[c] += fed[c] * scale * factor[c];
    }
    float routed[N];
    route<N>(routed, made, norm, router, p.width, p.epsilon);
    if (threadIdx.x < N) {
        float sum = 1;
#pragma unroll
        for (int s = 0; s < N; s++) {
            sum = fmaf(coefficients[s], routed[s], sum);
        }
        shares[threadIdx.x] = sum;
    }
    __syncthreads();
#pragma unroll
    for (int c = 0; c < 4; c++) {
        float foreseen = x[0][c];
#pragma unroll
        for (int s = 1; s < N; s++) {
            foreseen = s == p.active ? x[s][c] : foreseen;
        }
        made[c] -= foreseen;
    }
#pragma unroll
    for (int s = 0; s < N; s++) {
#pragma unroll
        for (int c = 0; c < 4; c++) {
            x[s][c] = fmaf(shares[s], made[c], x[s][c]);
        }
        store(p.corrected + row * N + s * p.width, at, p.width, x[s]);
        if (s == p.active) {
#pragma unroll
            for (int c = 0; c < 4; c++) {
                output[c] *= x[s][c];
            }
            store(p.scaled + row, at, p.width, output);
        }
    }
}

extern "C" __global__ void __launch_bounds__(MOST_THREADS) altup_correct(const Correction p) {
    admit_successor();
    switch (p.streams) {
        case 2:
            return correct<2>(p);
        case 3:
            return correct<3>(p);
        default:
            return correct<MOST_STREAMS>(p);
    }
}

// joined = (x + norm(attended) + norm(x) + norm(low_rank)) / sqrt(2), each norm with a weight of its own.
extern "C" __global__ void __launch_bounds__(MOST_THREADS) laurel_join(
        const float* x, const float* x_norm, const float* attended, const float* attended_norm, const float* low_rank,
        const float* low_rank_norm, float* joined, int width, float epsilon) {
    constexpr int BRANCHES = 3;
    __shared__ float partial[BRANCHES][32];
    __shared__ float scales[BRANCHES];
    admit_successor();
    int at = threadIdx.x * 4;
    Columns norms[BRANCHES], values[BRANCHES];
    load_weights(norms[0], x_norm, at, width);
    load_weights(norms[1], attended_norm, at, width);
    load_weights(norms[2], low_rank_norm, at, width);
    await_predecessor();
    long long row = (long long)blockIdx.x * width;
    load_fresh(values[0], x + row, at, width);
    load_fresh(values[1], attended + row, at, width);
    load_fresh(values[2], low_rank + row, at, width);
    float sums[BRANCHES];
#pragma unroll
    for (int i = 0; i < BRANCHES; i++) {
        sums[i] = squares_of(values[i]);
    }
    first_warp_sums(sums, partial);
    if (threadIdx.x == 0) {
#pragma unroll
        for (int i = 0; i < BRANCHES; i++) {
            scales[i] = norm_scale(sums[i], width, epsilon);
        }
    }
    __syncthreads();
    Columns sum;
#pragma unroll
    for (int c = 0; c < 4; c++) {
        sum[c] = values[0][c];
#pragma unroll
        for (int i = 0; i < BRANCHES; i++) {
            sum[c] += values[i][c] * scales[i] * norms[i][c];
        }
        sum[c] *= 0.70710678118654752f;
    }
    store(joined + row, at, width, sum);
}

// gated [tokens, width] = the joined gates and a layer's columns of the tokens' embeddings, `stride` values apart.
extern "C" __global__ void per_layer_gate(
        const float* gates, const float* embeddings, float* gated, int width, long long stride, Gate gate) {
    admit_successor();
    await_predecessor();
    int column = blockIdx.y * blockDim.x + threadIdx.x;
    if (column < width) {
        long long at = (long long)blockIdx.x * width + column;
        gated[at] = join(gate, fresh(gates + at), fresh(embeddings + blockIdx.x * stride + column));
    }
}
