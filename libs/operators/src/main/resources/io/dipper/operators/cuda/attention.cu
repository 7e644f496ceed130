// Attention over the paged pool. A block of the pool holds, for each key-value head and each of its tokens, the key's
// head_dim values and then the value's value_dim, all bfloat16.

struct Shape {
    int heads;
    int kv_heads;
    int head_dim;
    int value_dim;
    int window;
    int chunk;
    int rotary_dim;
    int interleaved;
    int block_tokens;
    int table_width;
    float scale;
    float softcap;
    float epsilon;
    int narrow;
};

__device__ long long slot(const Shape& shape, const int* table, int row, int position, int kv_head) {
    int block = table[row * shape.table_width + position / shape.block_tokens % shape.table_width];
    long long index = ((long long)block * shape.kv_heads + kv_head) * shape.block_tokens + position % shape.block_tokens;
    return index * (shape.head_dim + shape.value_dim);
}

// Norm over the head, then rotation, of a head that lies in shared memory. All threads of the block take part.
__device__ void prepare(
        const Shape& shape, float* head, const float* norm, const float* cosines, const float* sines, int token,
        float* partial) {
    if (norm != nullptr) {
        float squares = 0;
        for (int i = threadIdx.x; i < shape.head_dim; i += blockDim.x) {
            squares = fmaf(head[i], head[i], squares);
        }
        float scale = 1.0f / sqrtf(block_sum(squares, partial) / shape.head_dim + shape.epsilon);
        for (int i = threadIdx.x; i < shape.head_dim; i += blockDim.x) {
            head[i] = head[i] * scale * norm[i];
        }
        __syncthreads();
    }
    int half = shape.rotary_dim / 2;
    for (int i = threadIdx.x; i < half; i += blockDim.x) {
        int first = shape.interleaved ? 2 * i : i;
        int second = shape.interleaved ? 2 * i + 1 : i + half;
        float c = cosines[(long long)token * half + i];
        float s = sines[(long long)token * half + i];
        float a = head[first];
        float b = head[second];
        head[first] = a * c - b * s;
        head[second] = b * c + a * s;
    }
    __syncthreads();
}

// A block a token and key-value head: the step's keys and values go into the pool.
extern "C" __global__ void write_pool(
        Shape shape, const float* key, const float* value, bf16* pool, const int* positions, const int* starts,
        int rows, const int* table, const float* cosines, const float* sines, const float* norm) {
    extern __shared__ float head[];
    __shared__ float partial[32];
    int token = blockIdx.x;
    int kv_head = blockIdx.y;
    int row = row_among(starts, rows, token);
    long long index = (long long)token * shape.kv_heads + kv_head;
    for (int i = threadIdx.x; i < shape.head_dim; i += blockDim.x) {
        head[i] = key[index * shape.head_dim + i];
    }
    __syncthreads();
    prepare(shape, head, norm, cosines, sines, token, partial);
    bf16* place = pool + slot(shape, table, row, positions[token], kv_head);
    for (int i = threadIdx.x; i < shape.head_dim; i += blockDim.x) {
        place[i] = rounded(head[i]);
    }
    for (int i = threadIdx.x; i < shape.value_dim; i += blockDim.x) {
        place[shape.head_dim + i] = rounded(value[index * shape.value_dim + i]);
    }
}

#define WARPS 4
#define MOST_PER_LANE 16

// The oldest position that a token at `position` sees.
__device__ __forceinline__ int first_seen(const Shape& shape, int position) {
    int first = 0;
    if (shape.window > 0) {
        first = max(first, position - shape.window + 1);
    }
    if (shape.chunk > 0) {
        first = max(first, position / shape.chunk * shape.chunk);
    }
    return first;
}

// The score of a query and a key, by one warp.
__device__ __forceinline__ float score_of(const Shape& shape, const float* head, const bf16* keys, int lane) {
    float score = 0;
    for (int i = lane; i < shape.head_dim; i += 32) {
        score = fmaf(head[i], widened(keys[i]), score);
    }
    score = warp_sum(score) * shape.scale;
    if (shape.softcap > 0) {
        score = tanhf(score / shape.softcap) * shape.softcap;
    }
    return score;
}

// What the sum of a warp whose maximum is `most` must be multiplied by, among all warps' sums.
__device__ __forceinline__ float share_of(
        float most, const float* maxima, const float* weights, const float* sinks, int query_head) {
    // A head's sink is a score that takes part in the sum and has no value.
    float over_all = sinks == nullptr ? -INFINITE : sinks[query_head];
    for (int other = 0; other < WARPS; other++) {
        over_all = fmaxf(over_all, maxima[other]);
    }
    float total = sinks == nullptr ? 0.0f : expf(sinks[query_head] - over_all);
    for (int other = 0; other < WARPS; other++) {
        total += weights[other] * expf(maxima[other] - over_all);
    }
    return expf(most - over_all) / total;
}

// A block a token and query head. Its warps take the seen positions in turn, each with a running maximum (the online
// softmax of FlashAttention); at the end the warps' sums are put together.
extern "C" __global__ void attend(
        Shape shape, const float* query, const bf16* pool, const int* positions, const int* starts, int rows,
        const int* table, const float* cosines, const float* sines, const float* norm, const float* sinks, float* out) {
    extern __shared__ float shared[];
    __shared__ float partial[32];
    __shared__ float maxima[WARPS];
    __shared__ float weights[WARPS];
    float* head = shared;
    float* sums = shared + shape.head_dim;
    int token = blockIdx.x;
    int query_head = blockIdx.y;
    int kv_head = query_head / (shape.heads / shape.kv_heads);
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    int row = row_among(starts, rows, token);
    long long index = (long long)token * shape.heads + query_head;
    for (int i = threadIdx.x; i < shape.head_dim; i += blockDim.x) {
        head[i] = query[index * shape.head_dim + i];
    }
    __syncthreads();
    prepare(shape, head, norm, cosines, sines, token, partial);

    int position = positions[token];
    int first = first_seen(shape, position);
    float most = -INFINITE;
    float weight = 0;
    float sum[MOST_PER_LANE];
    for (int j = 0; j < MOST_PER_LANE; j++) {
        sum[j] = 0;
    }
    for (int seen = first + warp; seen <= position; seen += WARPS) {
        const bf16* keys = pool + slot(shape, table, row, seen, kv_head);
        float score = score_of(shape, head, keys, lane);
        float larger = fmaxf(most, score);
        float correction = expf(most - larger);
        float share = expf(score - larger);
        most = larger;
        weight = weight * correction + share;
        const bf16* values = keys + shape.head_dim;
        for (int i = lane, j = 0; i < shape.value_dim; i += 32, j++) {
            sum[j] = fmaf(share, widened(values[i]), sum[j] * correction);
        }
    }
    if (lane == 0) {
        maxima[warp] = most;
        weights[warp] = weight;
    }
    __syncthreads();
    float factor = share_of(most, maxima, weights, sinks, query_head);
    for (int i = lane, j = 0; i < shape.value_dim; i += 32, j++) {
        sums[warp * shape.value_dim + i] = sum[j] * factor;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < shape.value_dim; i += blockDim.x) {
        float answer = 0;
        for (int other = 0; other < WARPS; other++) {
            answer += sums[other * shape.value_dim + i];
        }
        Target{out, shape.narrow != 0}.set(index * shape.value_dim + i, answer);
    }
}
