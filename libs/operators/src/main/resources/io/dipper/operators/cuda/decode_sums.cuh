// The sums of decoding put together: of a block's warps, of a cluster's blocks, of several clusters. Behind cluster.cuh and
// paged.cuh, and what decode.cu says of a block.

// The warps' sums put together: afterwards sums[query * VALUE_DIM + i] belongs to the maximum `most` and the weight
// `weight` of its query. `room` holds a warp's sums each.
__device__ __forceinline__ void join_warps(Reader& reader, float* room, float* most, float* weight) {
    __shared__ float maxima[DECODE_WARPS][8 * COLUMNS];
    __shared__ float weights[DECODE_WARPS][8 * COLUMNS];
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
#pragma unroll
    for (int n = 0; n < COLUMNS; n++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            float total = reader.weight[n][i];
            for (int distance = 4; distance < 32; distance *= 2) {
                total += __shfl_xor_sync(0xffffffffu, total, distance);
            }
            if (lane < 4) {
                maxima[warp][8 * n + 2 * lane + i] = reader.most[n][i];
                weights[warp][8 * n + 2 * lane + i] = total;
            }
        }
    }
    __syncthreads();
#pragma unroll
    for (int n = 0; n < COLUMNS; n++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            int query = 8 * n + lane % 4 * 2 + i;
            float over_all = maxima[0][query];
            for (int other = 1; other < DECODE_WARPS; other++) {
                over_all = fmaxf(over_all, maxima[other][query]);
            }
            float factor = power(reader.most[n][i] - over_all);
            if (query < MEMBERS) {
                float* to = room + (warp * MEMBERS + query) * SUM_STRIDE + lane / 4;
#pragma unroll
                for (int m = 0; m < VALUE_DIM / 16; m++) {
                    to[16 * m] = reader.sum[n][m][i] * factor;
                    to[16 * m + 8] = reader.sum[n][m][i + 2] * factor;
                }
                if (threadIdx.x < 4) {
                    float total = 0;
                    for (int other = 0; other < DECODE_WARPS; other++) {
                        total += weights[other][query] * power(maxima[other][query] - over_all);
                    }
                    most[query] = over_all;
                    weight[query] = total;
                }
            }
        }
    }
    __syncthreads();
}

__device__ __forceinline__ float4 four_joined(const float* room, int query, int i) {
    float4 total = {0, 0, 0, 0};
#pragma unroll
    for (int warp = 0; warp < DECODE_WARPS; warp++) {
        float4 of = *reinterpret_cast<const float4*>(room + (warp * MEMBERS + query) * SUM_STRIDE + i);
        total.x += of.x;
        total.y += of.y;
        total.z += of.z;
        total.w += of.w;
    }
    return total;
}

// A sum of values with the maximum and the sum of the weights that it was made with.
struct Mixed {
    float most;
    float weight;
    float sum;
};

template <int COUNT>
__device__ __forceinline__ Mixed mixed(const Mixed (&parts)[COUNT]) {
    Mixed all = {-INFINITE, 0, 0};
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        all.most = fmaxf(all.most, parts[i].most);
    }
    if (all.most == -INFINITE) {
        return all;
    }
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        float factor = power(parts[i].most - all.most);
        all.weight = fmaf(parts[i].weight, factor, all.weight);
        all.sum = fmaf(parts[i].sum, factor, all.sum);
    }
    return all;
}

#define MOST_CLUSTER 8
// What a cluster keeps in memory: sums, then for each of its blocks maxima and weights of the queries.
#define KEPT (MEMBERS * VALUE_DIM + 2 * MOST_CLUSTER * MEMBERS)

// Puts the sums of `clusters` clusters together for the values `from` to `to` - 1, in order, so the answer does not
// depend on who was last.
__device__ void join_clusters(
        const float* partials, int clusters, int rank, int from, int to, const float* sinks, int first_head, Target out) {
    for (int i = from + threadIdx.x; i < to; i += blockDim.x) {
        int query = i / VALUE_DIM;
        Mixed all = {-INFINITE, 0, 0};
        for (int base = 0; base < clusters; base += 8) {
            Mixed parts[9];
            parts[8] = all;
#pragma unroll
            for (int j = 0; j < 8; j++) {
                const float* part = partials + (long long)(base + j) * KEPT;
                const float* both = part + MEMBERS * VALUE_DIM + (rank * MEMBERS + query) * 2;
                bool there = base + j < clusters;
                parts[j].sum = there ? __ldcg(part + i) : 0.0f;
                parts[j].most = there ? __ldcg(both) : -INFINITE;
                parts[j].weight = there ? __ldcg(both + 1) : 0.0f;
            }
            all = mixed(parts);
        }
        out.set(i, all.sum * share_of(all.most, all.weight, sinks, first_head + query));
    }
}

// What a block of a cluster gets from the others: slices of their sums, one behind the other, then, for each of them, the
// maxima and weights of the queries.
struct Landing {
    float* sums;
    float* scales;
    unsigned long long* barrier;
};

// Room for the slices: they are equal and of whole fours, so together up to four values a block longer than the sums.
#define LANDED_SUMS (MEMBERS * VALUE_DIM + 4 * MOST_CLUSTER)

// A value to where another block, or the only one, has `place`.
template <typename Value>
__device__ __forceinline__ void give(const Landing& landing, float* place, int target, Value value) {
    if (cluster_size() > 1) {
        send(seen_at(place, target), seen_at(landing.barrier, target), value);
    } else {
        *reinterpret_cast<Value*>(place) = value;
    }
}

// The blocks' sums put together, a slice of the values by each block of the cluster that has a split. `room` has them by
// warps.
__device__ __forceinline__ void join_blocks(
        const float* room, const float* most, const float* weight, Landing landing, int splits, int members,
        float* partials, int* tickets, const float* sinks, int first_head, Target out) {
    __shared__ int last;
    int size = cluster_size();
    int rank = blockIdx.y % size;
    int ranks = min(size, splits);
    int clusters = splits / ranks;
    int fours = members * VALUE_DIM / 4;
    int slice = (fours + ranks - 1) / ranks;
    int from = min(rank * slice, fours);
    int to = min(from + slice, fours);
    if (size > 1) {
        begin_exchange(landing.barrier, ranks * ((to - from) * (int)sizeof(float4) + members * (int)sizeof(float2)));
    }
    for (int i = threadIdx.x; i < fours; i += blockDim.x) {
        float4 sum = four_joined(room, 4 * i / VALUE_DIM, 4 * i % VALUE_DIM);
        give(landing, landing.sums + (rank * slice + i % slice) * 4, i / slice, sum);
    }
    for (int i = threadIdx.x; i < ranks * members; i += blockDim.x) {
        int query = i % members;
        give(landing, landing.scales + (rank * MEMBERS + query) * 2, i / members,
             make_float2(most[query], weight[query]));
    }
    if (size > 1) {
        end_exchange(landing.barrier);
    } else {
        __syncthreads();
    }
    float* kept = partials + (long long)(blockIdx.y / size) * KEPT;
    for (int i = 4 * from + threadIdx.x; i < 4 * to; i += blockDim.x) {
        int query = i / VALUE_DIM;
        Mixed parts[MOST_CLUSTER];
#pragma unroll
        for (int j = 0; j < MOST_CLUSTER; j++) {
            parts[j] = {-INFINITE, 0, 0};
            if (j < ranks) {
                const float* scales = landing.scales + (j * MEMBERS + query) * 2;
                parts[j] = {scales[0], scales[1], landing.sums[j * slice * 4 + i - 4 * from]};
            }
        }
        Mixed all = mixed(parts);
        if (clusters == 1) {
            out.set(i, all.sum * share_of(all.most, all.weight, sinks, first_head + query));
        } else {
            kept[i] = all.sum;
            if (i == 4 * from || i % VALUE_DIM == 0) {
                kept[MEMBERS * VALUE_DIM + (rank * MEMBERS + query) * 2] = all.most;
                kept[MEMBERS * VALUE_DIM + (rank * MEMBERS + query) * 2 + 1] = all.weight;
            }
        }
    }
    if (clusters > 1) {
        __threadfence();
        __syncthreads();
        if (threadIdx.x == 0) {
            last = atomicAdd(tickets + rank, 1) == clusters - 1;
            if (last) {
                tickets[rank] = 0;
            }
            __threadfence();
        }
        __syncthreads();
        if (last) {
            join_clusters(partials, clusters, rank, 4 * from, 4 * to, sinks, first_head, out);
        }
    }
}
