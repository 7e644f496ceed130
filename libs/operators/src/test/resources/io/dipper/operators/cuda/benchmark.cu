// What benchmarks need beside the operators' kernels.

__device__ __forceinline__ unsigned scattered(unsigned x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

// Random values within ±1/16, two bfloat16 a thread and step.
extern "C" __global__ void fill_bf16(unsigned* target, long long count) {
    for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < count; i += gridDim.x * (long long)blockDim.x) {
        unsigned random = scattered((unsigned)i);
        target[i] = packed(((int)(random & 0xffff) - 32768) / 524288.0f, ((int)(random >> 16) - 32768) / 524288.0f);
    }
}

// Random values within ±1.
extern "C" __global__ void fill_f32(float* target, long long count) {
    for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < count; i += gridDim.x * (long long)blockDim.x) {
        target[i] = (int)scattered((unsigned)i) / 2147483648.0f;
    }
}

// Reads all of it; four pieces of 16 bytes are on their way at once.
extern "C" __global__ void read_all(const uint4* source, long long count, unsigned* sums) {
    unsigned sum = 0;
    long long stride = gridDim.x * (long long)blockDim.x;
    for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < count; i += 4 * stride) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (i + j * stride < count) {
                uint4 value = source[i + j * stride];
                sum += value.x ^ value.y ^ value.z ^ value.w;
            }
        }
    }
    sums[blockIdx.x * (long long)blockDim.x + threadIdx.x] = sum;
}
