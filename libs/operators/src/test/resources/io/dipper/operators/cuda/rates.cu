// What a card's memory gives: benchmarks compare with it.

// Adds up `count` times 16 bytes; grid and block of any size.
extern "C" __global__ void sum_all(const uint4* values, long long count, float* out) {
    float total = 0;
    long long step = (long long)gridDim.x * blockDim.x;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    for (; i + 3 * step < count; i += 4 * step) {
        uint4 four[4];
#pragma unroll
        for (int j = 0; j < 4; j++) {
            four[j] = values[i + j * step];
        }
#pragma unroll
        for (int j = 0; j < 4; j++) {
            total += (float)(four[j].x ^ four[j].y ^ four[j].z ^ four[j].w);
        }
    }
    if (total == -1.0f) {
        out[0] = total;
    }
}

// Values between -1 and 1 that are no pattern.
extern "C" __global__ void scatter(bf16* values, long long count) {
    long long step = (long long)gridDim.x * blockDim.x;
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) {
        unsigned x = (unsigned)i * 2654435761u;
        x ^= x >> 15;
        x *= 2246822519u;
        x ^= x >> 13;
        values[i] = rounded((float)(int)x * 4.6566e-10f);
    }
}
