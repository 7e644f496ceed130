// What is done row by row: norms, gates, tables of rotations.

// RmsNorm and AddRmsNorm: a block a row. `residual` and `sum` are null for the first.
extern "C" __global__ void rms_norm(
        const float* x, const float* residual, const float* weight, float* normed, float* sum, int width, float epsilon) {
    await_predecessor();
    admit_successor();
    __shared__ float partial[32];
    const float* row = x + (long long)blockIdx.x * width;
    const float* other = residual == nullptr ? nullptr : residual + (long long)blockIdx.x * width;
    float squares = 0;
    for (int i = threadIdx.x; i < width; i += blockDim.x) {
        float value = row[i];
        if (other != nullptr) {
            value += other[i];
            sum[(long long)blockIdx.x * width + i] = value;
        }
        squares = fmaf(value, value, squares);
    }
    float scale = 1.0f / sqrtf(block_sum(squares, partial) / width + epsilon);
    for (int i = threadIdx.x; i < width; i += blockDim.x) {
        float value = other == nullptr ? row[i] : row[i] + other[i];
        normed[(long long)blockIdx.x * width + i] = value * scale * weight[i];
    }
}

// NormAdd: y = norm of x, plus the residual. A block a row; four values a thread at a time where rows have whole fours.
extern "C" __global__ void norm_add(
        const float* x, const float* norm, const float* residual, float* y, int k, float epsilon) {
    __shared__ float partial[32];
    for (int i = threadIdx.x * 32; i < k; i += blockDim.x * 32) {
        asm volatile("prefetch.global.L2 [%0];" ::"l"(norm + i));
    }
    await_predecessor();
    admit_successor();
    long long at = (long long)blockIdx.x * k;
    float squares = 0;
    int fours = k % 4 == 0 ? k : 0;
    for (int i = threadIdx.x * 4; i < fours; i += blockDim.x * 4) {
        float4 v = *reinterpret_cast<const float4*>(x + at + i);
        squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
    }
    for (int i = fours + threadIdx.x; i < k; i += blockDim.x) {
        squares = fmaf(x[at + i], x[at + i], squares);
    }
    float scale = 1.0f / sqrtf(block_sum(squares, partial) / k + epsilon);
    for (int i = threadIdx.x * 4; i < fours; i += blockDim.x * 4) {
        float4 v = *reinterpret_cast<const float4*>(x + at + i);
        float4 f = *reinterpret_cast<const float4*>(norm + i);
        float4 r = *reinterpret_cast<const float4*>(residual + at + i);
        *reinterpret_cast<float4*>(y + at + i) = make_float4(
                v.x * scale * f.x + r.x, v.y * scale * f.y + r.y, v.z * scale * f.z + r.z, v.w * scale * f.w + r.w);
    }
    for (int i = fours + threadIdx.x; i < k; i += blockDim.x) {
        y[at + i] = x[at + i] * scale * norm[i] + residual[at + i];
    }
}

// y [rows, width] = the joined halves, where a row of x has the gate's columns, then those of up.
extern "C" __global__ void gated_activation(const float* x, float* y, int width, Gate gate) {
    await_predecessor();
    admit_successor();
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column < width) {
        const float* row = x + 2LL * blockIdx.y * width;
        y[(long long)blockIdx.y * width + column] = join(gate, row[column], row[width + column]);
    }
}

// The sum over a row of what `of` makes of each value.
template <typename Of>
__device__ __forceinline__ float row_sum(const float* row, int width, float* partial, Of of) {
    float sum = 0;
    int fours = width % 4 == 0 ? width : 0;
#pragma unroll 4
    for (int i = threadIdx.x * 4; i < fours; i += blockDim.x * 4) {
        float4 v = *reinterpret_cast<const float4*>(row + i);
        sum += of(v.x) + of(v.y) + of(v.z) + of(v.w);
    }
    for (int i = fours + threadIdx.x; i < width; i += blockDim.x) {
        sum += of(row[i]);
    }
    return block_sum(sum, partial);
}

// The same where gates are cut at so many standard deviations above their row's mean. Each of a row's blocks looks at all
// of its gates, and joins a share of them.
extern "C" __global__ void cut_activation(const float* x, float* y, int width, Gate gate) {
    admit_successor();
    await_predecessor();
    __shared__ float partial[32];
    const float* row = x + 2LL * blockIdx.y * width;
    float mean = row_sum(row, width, partial, [](float value) { return value; }) / width;
    float squares = row_sum(row, width, partial, [mean](float value) { return (value - mean) * (value - mean); });
    float cut = mean + gate.deviations * sqrtf(squares / width);
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < width; i += gridDim.x * blockDim.x) {
        y[(long long)blockIdx.y * width + i] = activate(fmaxf(row[i] - cut, 0.0f), gate.kind) * row[width + i];
    }
}

// cos and sin [tokens, half]. The angle is a float32 product, as in the reference: at far positions its rounding shows.
extern "C" __global__ void rope_table(
        const int* positions, const float* frequencies, float* cosines, float* sines, int half, float factor) {
    await_predecessor();
    admit_successor();
    int token = blockIdx.x;
    for (int i = threadIdx.x; i < half; i += blockDim.x) {
        double angle = (float)positions[token] * frequencies[i];
        cosines[(long long)token * half + i] = (float)cos(angle) * factor;
        sines[(long long)token * half + i] = (float)sin(angle) * factor;
    }
}
