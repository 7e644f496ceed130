// What the kernels share. Sums are float32, whatever is summed.
// No headers are needed: a machine that serves has none.

typedef unsigned short bf16;

#define INFINITE __int_as_float(0x7f800000)

__device__ __forceinline__ float widened(bf16 value) {
    return __uint_as_float((unsigned)value << 16);
}

// The nearest bfloat16, ties to even.
__device__ __forceinline__ bf16 rounded(float value) {
    bf16 nearest;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(nearest) : "f"(value));
    return nearest;
}

__device__ __forceinline__ float warp_sum(float value) {
    for (int distance = 16; distance > 0; distance >>= 1) {
        value += __shfl_xor_sync(0xffffffffu, value, distance);
    }
    return value;
}

// The sum over a block of whole warps; every thread gets it. `partial` has room for a value a warp.
__device__ __forceinline__ float block_sum(float value, float* partial) {
    value = warp_sum(value);
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        partial[threadIdx.x / 32] = value;
    }
    __syncthreads();
    float total = 0;
    for (int warp = 0; warp < blockDim.x / 32; warp++) {
        total += partial[warp];
    }
    return total;
}

// The sequence that a token of the step belongs to.
__device__ int row_of(const int* starts, int token) {
    int row = 0;
    while (starts[row + 1] <= token) {
        row++;
    }
    return row;
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

// How a gated feed-forward part joins its halves, as the Java form's Gate says: a limit of 0 clamps nothing.
struct Gate {
    int kind;
    float limit;
    float alpha;
    float deviations;
};

__device__ __forceinline__ float join(const Gate& gate, float opened, float up) {
    if (gate.limit == 0.0f) {
        return activate(opened, gate.kind) * up;
    }
    float held = fminf(opened, gate.limit);
    return held / (1.0f + expf(-held * gate.alpha)) * (fmaxf(fminf(up, gate.limit), -gate.limit) + 1.0f);
}

// The product of a row of a weight with a row that lies in memory as float32 and is rounded to bfloat16 on the way, as
// Linear's rows are. All lanes of a warp take part, and all get it.
__device__ __forceinline__ float row_product(const bf16* weight, const float* x, int k, float factor, int lane) {
    float sum = 0;
    if (k % 8 == 0) {
        for (int i = lane * 8; i < k; i += 256) {
            uint4 packed = *reinterpret_cast<const uint4*>(weight + i);
            unsigned words[4] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
            for (int j = 0; j < 4; j++) {
                sum = fmaf(__uint_as_float(words[j] << 16), widened(rounded(x[i + 2 * j] * factor)), sum);
                sum = fmaf(__uint_as_float(words[j] & 0xffff0000u), widened(rounded(x[i + 2 * j + 1] * factor)), sum);
            }
        }
    } else {
        for (int i = lane; i < k; i += 32) {
            sum = fmaf(widened(weight[i]), widened(rounded(x[i] * factor)), sum);
        }
    }
    return warp_sum(sum);
}

// A kernel that is launched early must call this before it reads or writes what other kernels write. Only what never
// changes, as weights, may be read before.
__device__ __forceinline__ void await_predecessor() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Lets the next kernel's blocks start. Called after await_predecessor(), so that what a kernel may read before its own
// wait is complete up to the kernel before its predecessor.
__device__ __forceinline__ void admit_successor() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;");
#endif
}
