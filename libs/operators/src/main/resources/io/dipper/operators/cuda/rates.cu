// What a card reaches, to hold other figures against.

#define LOADS 8

// partial [blocks]: the sums, modulo 2^32, of what each block read of `words` (16 bytes each). Every block takes whole
// stretches of LOADS words a thread, so that many loads are under way at once.
extern "C" __global__ void sum_words(const uint4* words, long long count, unsigned* partial) {
    unsigned sum = 0;
    long long stretch = (long long)blockDim.x * LOADS;
    for (long long first = blockIdx.x * stretch; first < count; first += gridDim.x * stretch) {
        uint4 loaded[LOADS];
#pragma unroll
        for (int i = 0; i < LOADS; i++) {
            long long at = first + i * blockDim.x + threadIdx.x;
            loaded[i] = at < count ? words[at] : make_uint4(0, 0, 0, 0);
        }
#pragma unroll
        for (int i = 0; i < LOADS; i++) {
            sum += loaded[i].x + loaded[i].y + loaded[i].z + loaded[i].w;
        }
    }
    for (int distance = 16; distance > 0; distance >>= 1) {
        sum += __shfl_xor_sync(0xffffffffu, sum, distance);
    }
    __shared__ unsigned of_warps[32];
    if (threadIdx.x % 32 == 0) {
        of_warps[threadIdx.x / 32] = sum;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        unsigned total = 0;
        for (int warp = 0; warp < blockDim.x / 32; warp++) {
            total += of_warps[warp];
        }
        partial[blockIdx.x] = total;
    }
}

// Values between -1 and 1: what a product's factors are decides how much power it takes, and so its rate.
extern "C" __global__ void scatter_values(bf16* values, long long count, unsigned seed) {
    long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (at < count) {
        unsigned mixed = ((unsigned)at + seed) * 2654435761u;
        mixed ^= mixed >> 15;
        mixed *= 2246822519u;
        mixed ^= mixed >> 13;
        values[at] = rounded((float)(mixed & 0xffffu) / 32768.0f - 1.0f);
    }
}
