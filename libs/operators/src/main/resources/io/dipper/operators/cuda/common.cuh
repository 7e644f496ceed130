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

// Two bfloat16 in a word, the first in its lower half.
__device__ __forceinline__ unsigned packed(float low, float high) {
    unsigned both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
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

// Sixteen bytes from memory into shared memory, to be there after copies_awaited(); zeros if they are not wanted, where
// the source must be a readable address all the same.
__device__ __forceinline__ void copy_early(void* shared, const void* source, bool wanted) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((unsigned)__cvta_generic_to_shared(shared)),
                 "l"(source), "r"(wanted ? 16 : 0)
                 : "memory");
}

// Copies since the last call are one group.
__device__ __forceinline__ void copies_grouped() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}

// Waits for this thread's copies, but for those of the last LATER groups.
template <int LATER>
__device__ __forceinline__ void copies_awaited() {
    asm volatile("cp.async.wait_group %0;" ::"n"(LATER) : "memory");
}

// Four matrices of 8 by 8 bfloat16 for a tensor core; lane 8i + j gives the address of row j of matrix i.
__device__ __forceinline__ void load_matrices(unsigned (&parts)[4], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
                 : "r"((unsigned)__cvta_generic_to_shared(shared))
                 : "memory");
}

__device__ __forceinline__ void load_transposed(unsigned (&parts)[4], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
                 : "r"((unsigned)__cvta_generic_to_shared(shared))
                 : "memory");
}

// sums [16, 8] += a [16, 16] · b [16, 8], as the tensor cores lay them out over a warp.
__device__ __forceinline__ void multiply_add(float (&sums)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Where values go that other nodes read: as float32, or as bfloat16 if those round them anyway and both sides know it.
struct Target {
    float* values;
    bool narrow;

    __device__ __forceinline__ Target from(long long index) const {
        return {narrow ? reinterpret_cast<float*>(reinterpret_cast<bf16*>(values) + index) : values + index, narrow};
    }
    __device__ __forceinline__ void set(long long index, float value) const {
        if (narrow) {
            reinterpret_cast<bf16*>(values)[index] = rounded(value);
        } else {
            values[index] = value;
        }
    }
    // Two neighbours, the first at an even index.
    __device__ __forceinline__ void set_two(long long index, float first, float second) const {
        if (narrow) {
            *reinterpret_cast<unsigned*>(reinterpret_cast<bf16*>(values) + index) = packed(first, second);
        } else {
            *reinterpret_cast<float2*>(values + index) = make_float2(first, second);
        }
    }
    // Four neighbours, the first at a multiple of four.
    __device__ __forceinline__ void set_four(long long index, float4 of) const {
        if (narrow) {
            *reinterpret_cast<uint2*>(reinterpret_cast<bf16*>(values) + index) =
                    make_uint2(packed(of.x, of.y), packed(of.z, of.w));
        } else {
            *reinterpret_cast<float4*>(values + index) = of;
        }
    }
};

// The sequence that a token of the step belongs to.
// A whole warp asks, which looks at all of them at once; a token beyond the last row counts to that.
__device__ __forceinline__ int row_among(const int* starts, int rows, int token) {
    int row = 0;
    for (int i = threadIdx.x % 32; i - (int)threadIdx.x % 32 < rows; i += 32) {
        row += __popc(__ballot_sync(0xffffffffu, i < rows && starts[i + 1] <= token));
    }
    return min(row, rows - 1);
}

enum Activation { SILU = 0, GELU = 1, GELU_TANH = 2, RELU = 3, RELU_SQUARED = 4 };

__device__ __forceinline__ float activate(float x, int kind) {
    switch (kind) {
        case SILU:
            return __fdividef(x, 1.0f + __expf(-x));
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

// As copy_early, but the whole line of memory comes to the second-level cache.
__device__ __forceinline__ void copy_ahead(uint4* shared, const void* source, bool wanted) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(
                         (unsigned)__cvta_generic_to_shared(shared)),
                 "l"(source), "r"(wanted ? 16 : 0)
                 : "memory");
}

// Past the first-level cache, which may hold what lay there before the predecessor wrote.
__device__ __forceinline__ float fresh(const float* address) {
    float value;
    asm volatile("ld.global.cg.f32 %0, [%1];" : "=f"(value) : "l"(address));
    return value;
}

__device__ __forceinline__ uint4 fresh_eight(const bf16* address) {
    uint4 v;
    asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
                 : "l"(address));
    return v;
}

__device__ __forceinline__ float4 fresh_four(const float* address) {
    float4 v;
    asm volatile("ld.global.cg.v4.f32 {%0, %1, %2, %3}, [%4];"
                 : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w)
                 : "l"(address));
    return v;
}

// A kernel that is launched early must call this before it reads or writes what other kernels write. Only what never
// changes, as weights, may be read before.
__device__ __forceinline__ void await_predecessor() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Lets the next kernel's blocks start. Called after await_predecessor(), so that what a kernel may read before its own
// wait is complete up to the kernel before its predecessor; or before it, by the last kernel of an operator: then kernels
// behind have their weights still sooner, and what they may read before their wait is what no kernel of the step writes.
__device__ __forceinline__ void admit_successor() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;");
#endif
}
