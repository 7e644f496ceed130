// Linear: y [m, n] = x [m, k] · weight [n, k]ᵀ + bias. Rows of the step are rounded to bfloat16 once, so that few rows
// and many take the same factors.

extern "C" __global__ void round_rows(const float* x, bf16* y, long long count) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        y[i] = rounded(x[i]);
    }
}

extern "C" __global__ void add_bias(float* y, const float* bias, int n) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column < n) {
        y[(long long)blockIdx.y * n + column] += bias[column];
    }
}

// Eight values that lie in sixteen bytes.
__device__ __forceinline__ void widen(uint4 packed, float* values) {
    unsigned words[4] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
    for (int j = 0; j < 4; j++) {
        values[2 * j] = __uint_as_float(words[j] << 16);
        values[2 * j + 1] = __uint_as_float(words[j] & 0xffff0000u);
    }
}

// Eight values of a row of x, rounded to bfloat16: on the way, or before.
__device__ __forceinline__ void eight(const float* x, float* values) {
    float4 low = *reinterpret_cast<const float4*>(x);
    float4 high = *reinterpret_cast<const float4*>(x + 4);
    float wide[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
    for (int j = 0; j < 8; j++) {
        values[j] = widened(rounded(wide[j]));
    }
}

__device__ __forceinline__ void eight(const bf16* x, float* values) {
    widen(*reinterpret_cast<const uint4*>(x), values);
}

__device__ __forceinline__ float one(float x) {
    return widened(rounded(x));
}

__device__ __forceinline__ float one(bf16 x) {
    return widened(x);
}

// A warp takes one row of the weight and multiplies it with all M rows of x, so the weight is read once.
template <int M, typename X>
__device__ void few_rows(const X* x, const bf16* weight, const float* bias, float* y, int n, int k) {
    int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    if (row >= n) {
        return;
    }
    const bf16* w = weight + (long long)row * k;
    float sums[M];
#pragma unroll
    for (int m = 0; m < M; m++) {
        sums[m] = 0;
    }
    if (k % 8 == 0) {
        for (int i = lane * 8; i < k; i += 256) {
            uint4 packed = *reinterpret_cast<const uint4*>(w + i);
            float factors[8];
            widen(packed, factors);
#pragma unroll
            for (int m = 0; m < M; m++) {
                float values[8];
                eight(x + (long long)m * k + i, values);
#pragma unroll
                for (int j = 0; j < 8; j++) {
                    sums[m] = fmaf(factors[j], values[j], sums[m]);
                }
            }
        }
    } else {
        for (int i = lane; i < k; i += 32) {
            float factor = widened(w[i]);
#pragma unroll
            for (int m = 0; m < M; m++) {
                sums[m] = fmaf(factor, one(x[(long long)m * k + i]), sums[m]);
            }
        }
    }
#pragma unroll
    for (int m = 0; m < M; m++) {
        float sum = warp_sum(sums[m]);
        if (lane == 0) {
            y[(long long)m * n + row] = sum + (bias == nullptr ? 0.0f : bias[row]);
        }
    }
}

#define FEW_ROWS(M, X)                                                                                         \
    extern "C" __global__ void few_rows_##M(                                                                   \
            const X* x, const bf16* weight, const float* bias, float* y, int n, int k) {                       \
        few_rows<M, X>(x, weight, bias, y, n, k);                                                              \
    }
// Very few are rounded by every warp that meets them, which saves a kernel; more would cost more than that.
FEW_ROWS(1, float)
FEW_ROWS(2, float)
FEW_ROWS(3, float)
FEW_ROWS(4, bf16)
FEW_ROWS(5, bf16)
FEW_ROWS(6, bf16)
FEW_ROWS(7, bf16)
FEW_ROWS(8, bf16)
