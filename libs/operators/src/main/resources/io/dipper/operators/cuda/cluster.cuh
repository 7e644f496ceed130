// Blocks of a cluster send each other values; a block waits for the bytes that it gets. What is sent lands in memory that
// its block has for nothing else, and a block ends when all for it has landed. Cards before 9.0 have no clusters, and a
// kernel that has none either defines BLOCKS_ALONE.

__device__ __forceinline__ int cluster_size() {
#if __CUDA_ARCH__ >= 900
    int size;
    asm("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
    return size;
#else
    return 1;
#endif
}

#if __CUDA_ARCH__ >= 900 && !defined(BLOCKS_ALONE)
// Where the block `rank` has what lies here at `shared`.
__device__ __forceinline__ unsigned seen_at(const void* shared, int rank) {
    unsigned there;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"((unsigned)__cvta_generic_to_shared(shared)), "r"(rank));
    return there;
}

__device__ __forceinline__ void send(unsigned there, unsigned barrier, float4 v) {
    asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.f32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(
                         there),
                 "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w), "r"(barrier)
                 : "memory");
}

__device__ __forceinline__ void send(unsigned there, unsigned barrier, float2 v) {
    asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v2.f32 [%0], {%1, %2}, [%3];" ::"r"(there),
                 "f"(v.x), "f"(v.y), "r"(barrier)
                 : "memory");
}

// To be called by all threads of all blocks that exchange; blocks that do not may end instead.
__device__ __forceinline__ void prepare_exchange(unsigned long long* barrier) {
    if (threadIdx.x == 0) {
        unsigned own = (unsigned)__cvta_generic_to_shared(barrier);
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(own) : "memory");
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
    __syncwarp();
    asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory");
}

// Afterwards all may send; this block is to get so many bytes.
__device__ __forceinline__ void begin_exchange(unsigned long long* barrier, int bytes) {
    asm volatile("barrier.cluster.wait.aligned;" ::: "memory");
    if (threadIdx.x == 0) {
        unsigned own = (unsigned)__cvta_generic_to_shared(barrier);
        asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(own), "r"(bytes) : "memory");
    }
    __syncwarp();
}

__device__ __forceinline__ void end_exchange(unsigned long long* barrier) {
    unsigned own = (unsigned)__cvta_generic_to_shared(barrier);
    asm volatile(
            "{ .reg .pred done;\n"
            "again: mbarrier.try_wait.parity.shared::cta.b64 done, [%0], 0;\n"
            "@!done bra again; }" ::"r"(own)
            : "memory");
}
#else
// A block alone needs no more than its own barrier.
__device__ __forceinline__ unsigned seen_at(const void* shared, int) {
    return (unsigned)__cvta_generic_to_shared(shared);
}

__device__ __forceinline__ void send(unsigned there, unsigned, float4 v) {
    asm volatile("st.shared.v4.f32 [%0], {%1, %2, %3, %4};" ::"r"(there), "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w)
                 : "memory");
}

__device__ __forceinline__ void send(unsigned there, unsigned, float2 v) {
    asm volatile("st.shared.v2.f32 [%0], {%1, %2};" ::"r"(there), "f"(v.x), "f"(v.y) : "memory");
}

__device__ __forceinline__ void prepare_exchange(unsigned long long*) {}

__device__ __forceinline__ void begin_exchange(unsigned long long*, int) {}

__device__ __forceinline__ void end_exchange(unsigned long long*) {
    __syncthreads();
}
#endif
