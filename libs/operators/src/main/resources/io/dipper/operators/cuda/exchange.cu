// Small copies between page-locked memory of the host and memory of the card, in a kernel: between two kernels or graphs it
// costs less than a copying engine, which begins and ends some microseconds beside them.

#define STRETCHES 8

// Both ends at multiples of sixteen bytes.
struct Stretch {
    unsigned* to;
    const unsigned* from;
    long long words;
};

struct Stretches {
    Stretch each[STRETCHES];
};

// Four words a thread, all stretches one after another: everything is on its way over the bus at once. The first stretch's
// first `replaced` words come from `instead`. What the host wrote before the launch is seen here, and what is written here it
// sees behind an event, so no fences are needed.
extern "C" __global__ void exchange(const Stretches stretches, const unsigned* instead, long long replaced) {
    long long at = 4 * ((long long)blockIdx.x * blockDim.x + threadIdx.x);
#pragma unroll
    for (int i = 0; i < STRETCHES; i++) {
        const Stretch& stretch = stretches.each[i];
        if (at < stretch.words) {
            long long other = i == 0 ? replaced : 0;
            if (at >= other && at + 4 <= stretch.words) {
                *reinterpret_cast<uint4*>(stretch.to + at) = *reinterpret_cast<const uint4*>(stretch.from + at);
                return;
            }
            unsigned words[4];
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (at + j < stretch.words) {
                    words[j] = at + j < other ? instead[at + j] : stretch.from[at + j];
                }
            }
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (at + j < stretch.words) {
                    stretch.to[at + j] = words[j];
                }
            }
            return;
        }
        at -= (stretch.words + 3) / 4 * 4;
    }
}
