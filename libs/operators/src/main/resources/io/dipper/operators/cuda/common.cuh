// What the kernels share. Sums are float32, whatever is summed.
// No headers are needed: a machine that serves has none.

typedef unsigned short bf16;

#define INFINITE __int_as_float(0x7f800000)

__device__ __forceinline__ float widened(bf16 value) {
    return __uint_as_float((unsigned)value << 16);
}

// The nearest bfloat16, ties to even.
__device__ __forceinline__ bf16 rounded(float value) {
    unsigned bits = __float_as_uint(value);
    return value != value ? 0x7fc0 : (bf16)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
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
