// What is done row by row: norms, gates, tables of rotations.

// RmsNorm and AddRmsNorm: a block a row. `residual` and `sum` are null for the first.
extern "C" __global__ void rms_norm(
        const float* x, const float* residual, const float* weight, float* normed, float* sum, int width, float epsilon) {
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

enum Activation { SILU = 0, GELU = 1, GELU_TANH = 2, RELU = 3, RELU_SQUARED = 4 };

__device__ __forceinline__ float activate(float x, int kind) {
    switch (kind) {
        case SILU:
            return x / (1.0f + expf(-x));
        case GELU:
            return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
        case GELU_TANH:
            return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
        case RELU:
            return fmaxf(x, 0.0f);
        default: {
            float positive = fmaxf(x, 0.0f);
            return positive * positive;
        }
    }
}

// y [rows, width] = activation(gate) · up, where a row of x has the gate's columns, then those of up.
extern "C" __global__ void gated_activation(const float* x, float* y, int width, int kind) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column < width) {
        const float* row = x + 2LL * blockIdx.y * width;
        y[(long long)blockIdx.y * width + column] = activate(row[column], kind) * row[width + column];
    }
}

// cos and sin [tokens, half]. The angle is a float32 product, as in the reference: at far positions its rounding shows.
extern "C" __global__ void rope_table(
        const int* positions, const float* frequencies, float* cosines, float* sines, int half, float factor) {
    int token = blockIdx.x;
    for (int i = threadIdx.x; i < half; i += blockDim.x) {
        double angle = (float)positions[token] * frequencies[i];
        cosines[(long long)token * half + i] = (float)cos(angle) * factor;
        sines[(long long)token * half + i] = (float)sin(angle) * factor;
    }
}
