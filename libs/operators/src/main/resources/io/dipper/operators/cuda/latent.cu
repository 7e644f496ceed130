// Latent attention over the paged pool. A token keeps its normed latent and its rotated key, all bfloat16, nothing a head.

struct Shape {
    int heads;
    int plain_dim;
    int rotary_dim;
    int value_dim;
    int latent_dim;
    int interleaved;
    int block_tokens;
    int table_width;
    float scale;
    float epsilon;
};

__device__ bf16* kept(const Shape& shape, const bf16* pool, const int* table, int row, int position) {
    int block = table[row * shape.table_width + position / shape.block_tokens % shape.table_width];
    long long token = (long long)block * shape.block_tokens + position % shape.block_tokens;
    return (bf16*)pool + token * (shape.latent_dim + shape.rotary_dim);
}

// The value `i` of a rotated vector.
__device__ float turned(const Shape& shape, const float* vector, const float* cosines, const float* sines, int token, int i) {
    int half = shape.rotary_dim / 2;
    int pair = shape.interleaved ? i / 2 : i % half;
    bool is_first = shape.interleaved ? i % 2 == 0 : i < half;
    float c = cosines[(long long)token * half + pair];
    float s = sines[(long long)token * half + pair];
    float a = vector[shape.interleaved ? 2 * pair : pair];
    float b = vector[shape.interleaved ? 2 * pair + 1 : pair + half];
    return is_first ? a * c - b * s : b * c + a * s;
}

// A block a token: its latent, normed, and its rotary key go into the pool.
extern "C" __global__ void write_latents(
        Shape shape, const float* latents, bf16* pool, const int* positions, const int* starts, const int* table,
        const float* cosines, const float* sines, const float* norm) {
    __shared__ float partial[32];
    __shared__ int row;
    int token = blockIdx.x;
    if (threadIdx.x == 0) {
        row = row_of(starts, token);
    }
    const float* source = latents + (long long)token * (shape.latent_dim + shape.rotary_dim);
    float squares = 0;
    for (int i = threadIdx.x; i < shape.latent_dim; i += blockDim.x) {
        squares = fmaf(source[i], source[i], squares);
    }
    float scale = 1.0f / sqrtf(block_sum(squares, partial) / shape.latent_dim + shape.epsilon);
    bf16* place = kept(shape, pool, table, row, positions[token]);
    for (int i = threadIdx.x; i < shape.latent_dim; i += blockDim.x) {
        place[i] = rounded(source[i] * scale * norm[i]);
    }
    for (int i = threadIdx.x; i < shape.rotary_dim; i += blockDim.x) {
        place[shape.latent_dim + i] = rounded(turned(shape, source + shape.latent_dim, cosines, sines, token, i));
    }
}

// absorbed [tokens, heads, latent + rotary]: queries taken into the latents' space, the rotary part turned. A block a
// token and head.
extern "C" __global__ void absorb(
        Shape shape, const float* query, const bf16* projection, const float* cosines, const float* sines, float* absorbed) {
    int token = blockIdx.x;
    int head = blockIdx.y;
    int width = shape.latent_dim + shape.rotary_dim;
    const float* q = query + ((long long)token * shape.heads + head) * (shape.plain_dim + shape.rotary_dim);
    const bf16* keys = projection + (long long)head * (shape.plain_dim + shape.value_dim) * shape.latent_dim;
    float* target = absorbed + ((long long)token * shape.heads + head) * width;
    for (int i = threadIdx.x; i < shape.latent_dim; i += blockDim.x) {
        float sum = 0;
        for (int p = 0; p < shape.plain_dim; p++) {
            sum = fmaf(q[p], widened(keys[(long long)p * shape.latent_dim + i]), sum);
        }
        target[i] = sum;
    }
    for (int i = threadIdx.x; i < shape.rotary_dim; i += blockDim.x) {
        target[shape.latent_dim + i] = turned(shape, q + shape.plain_dim, cosines, sines, token, i);
    }
}

#define WARPS 4
#define MOST_PER_LANE 16

// mixed [tokens, heads, latent]: a block a token and head. Its warps take the positions in turn, each with a running
// maximum; at the end the warps' sums are put together.
extern "C" __global__ void mix(
        Shape shape, const float* absorbed, const bf16* pool, const int* positions, const int* starts, const int* table,
        float* mixed) {
    extern __shared__ float shared[];
    __shared__ float maxima[WARPS];
    __shared__ float weights[WARPS];
    __shared__ int row;
    int width = shape.latent_dim + shape.rotary_dim;
    float* query = shared;
    float* sums = shared + width;
    int token = blockIdx.x;
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    if (threadIdx.x == 0) {
        row = row_of(starts, token);
    }
    long long index = (long long)token * shape.heads + blockIdx.y;
    for (int i = threadIdx.x; i < width; i += blockDim.x) {
        query[i] = absorbed[index * width + i];
    }
    __syncthreads();
    int position = positions[token];
    float most = -INFINITE;
    float weight = 0;
    float sum[MOST_PER_LANE];
    for (int j = 0; j < MOST_PER_LANE; j++) {
        sum[j] = 0;
    }
    for (int seen = warp; seen <= position; seen += WARPS) {
        const bf16* latent = kept(shape, pool, table, row, seen);
        float score = 0;
        for (int i = lane; i < width; i += 32) {
            score = fmaf(query[i], widened(latent[i]), score);
        }
        score = warp_sum(score) * shape.scale;
        float larger = fmaxf(most, score);
        float correction = expf(most - larger);
        float share = expf(score - larger);
        most = larger;
        weight = weight * correction + share;
        for (int i = lane, j = 0; i < shape.latent_dim; i += 32, j++) {
            sum[j] = fmaf(share, widened(latent[i]), sum[j] * correction);
        }
    }
    if (lane == 0) {
        maxima[warp] = most;
        weights[warp] = weight;
    }
    __syncthreads();
    float over_all = -INFINITE;
    for (int other = 0; other < WARPS; other++) {
        over_all = fmaxf(over_all, maxima[other]);
    }
    float total = 0;
    for (int other = 0; other < WARPS; other++) {
        total += weights[other] * expf(maxima[other] - over_all);
    }
    float factor = expf(most - over_all) / total;
    for (int i = lane, j = 0; i < shape.latent_dim; i += 32, j++) {
        sums[warp * shape.latent_dim + i] = sum[j] * factor;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < shape.latent_dim; i += blockDim.x) {
        float answer = 0;
        for (int other = 0; other < WARPS; other++) {
            answer += sums[other * shape.latent_dim + i];
        }
        mixed[index * shape.latent_dim + i] = answer;
    }
}

// out [tokens, heads, value]: what was mixed, times the head's value rows. A block a token and head, a warp a value.
extern "C" __global__ void expand(Shape shape, const float* mixed, const bf16* projection, float* out) {
    long long index = (long long)blockIdx.x * shape.heads + blockIdx.y;
    const bf16* values = projection
            + ((long long)blockIdx.y * (shape.plain_dim + shape.value_dim) + shape.plain_dim) * shape.latent_dim;
    int lane = threadIdx.x % 32;
    for (int i = threadIdx.x / 32; i < shape.value_dim; i += blockDim.x / 32) {
        float sum = 0;
        for (int l = lane; l < shape.latent_dim; l += 32) {
            sum = fmaf(mixed[index * shape.latent_dim + l], widened(values[(long long)i * shape.latent_dim + l]), sum);
        }
        sum = warp_sum(sum);
        if (lane == 0) {
            out[index * shape.value_dim + i] = sum;
        }
    }
}
