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

// A warp takes one row of the weight and multiplies it with all M rows of x, rounded on the way, so the weight is read
// once.
template <int M>
__device__ void few_rows(const float* x, const bf16* weight, const float* bias, float* y, int n, int k) {
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
                const float4* row = reinterpret_cast<const float4*>(x + (long long)m * k + i);
                float4 low = row[0];
                float4 high = row[1];
                float values[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
                for (int j = 0; j < 8; j++) {
                    sums[m] = fmaf(factors[j], widened(rounded(values[j])), sums[m]);
                }
            }
        }
    } else {
        for (int i = lane; i < k; i += 32) {
            float factor = widened(w[i]);
#pragma unroll
            for (int m = 0; m < M; m++) {
                sums[m] = fmaf(factor, widened(rounded(x[(long long)m * k + i])), sums[m]);
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

#define FEW_ROWS(M)                                                                                            \
    extern "C" __global__ void few_rows_##M(                                                                   \
            const float* x, const bf16* weight, const float* bias, float* y, int n, int k) {                   \
        few_rows<M>(x, weight, bias, y, n, k);                                                                 \
    }
FEW_ROWS(1)
FEW_ROWS(2)
FEW_ROWS(3)
FEW_ROWS(4)
FEW_ROWS(5)
FEW_ROWS(6)
FEW_ROWS(7)
FEW_ROWS(8)
