// The gated delta rule. A sequence's state, float32, holds a matrix [key, value] a value head, then for each key head the
// last inputs of its channels' convolution, the oldest first.

struct Shape {
    int key_heads;
    int value_heads;
    int key_dim;
    int value_dim;
    int kernel;
    float epsilon;
};

#define LENGTH_EPSILON 1e-6f
#define LINEAR_SOFTPLUS 20.0f

__device__ __forceinline__ float silu(float x) {
    return x / (1.0f + expf(-x));
}

// Where a channel of a key head lies among all: queries come first, then keys, then values.
__device__ int channel(const Shape& shape, int key_head, int offset) {
    int group = shape.value_heads / shape.key_heads;
    if (offset < shape.key_dim) {
        return key_head * shape.key_dim + offset;
    }
    if (offset < 2 * shape.key_dim) {
        return (shape.key_heads + key_head) * shape.key_dim + offset - shape.key_dim;
    }
    return 2 * shape.key_heads * shape.key_dim + key_head * group * shape.value_dim + offset - 2 * shape.key_dim;
}

// A block a sequence of the step and key head; its tokens in order. A thread has its columns of the matrices to itself.
extern "C" __global__ void gated_delta(
        Shape shape, const float* projected, const float* rates, float* pool, const int* positions, const int* starts,
        const int* table, const bf16* convolution, const float* dt_bias, const float* a_log, const float* norm, float* out) {
    extern __shared__ float shared[];
    __shared__ float partial[32];
    int row = blockIdx.x;
    int key_head = blockIdx.y;
    int from = starts[row];
    int to = starts[row + 1];
    if (from == to) {
        return;
    }
    int group = shape.value_heads / shape.key_heads;
    int channels = 2 * shape.key_dim + group * shape.value_dim;
    int columns = channels + group * shape.value_dim;
    long long matrix_size = (long long)shape.key_dim * shape.value_dim;
    long long state_size = shape.value_heads * matrix_size + (long long)shape.key_heads * channels * (shape.kernel - 1);
    float* state = pool + table[row] * state_size;
    float* matrices = state + key_head * group * matrix_size;
    float* past = state + shape.value_heads * matrix_size + (long long)key_head * channels * (shape.kernel - 1);
    float* convolved = shared;
    float* answer = shared + channels;
    if (positions[from] == 0) {
        for (long long i = threadIdx.x; i < group * matrix_size; i += blockDim.x) {
            matrices[i] = 0;
        }
        for (int i = threadIdx.x; i < channels * (shape.kernel - 1); i += blockDim.x) {
            past[i] = 0;
        }
    }
    __syncthreads();
    for (int token = from; token < to; token++) {
        const float* inputs = projected + ((long long)token * shape.key_heads + key_head) * columns;
        for (int i = threadIdx.x; i < channels; i += blockDim.x) {
            const bf16* taps = convolution + (long long)channel(shape, key_head, i) * shape.kernel;
            float sum = 0;
            for (int tap = 0; tap + 1 < shape.kernel; tap++) {
                sum = fmaf(widened(taps[tap]), past[tap * channels + i], sum);
            }
            sum = fmaf(widened(taps[shape.kernel - 1]), inputs[i], sum);
            convolved[i] = silu(sum);
            for (int tap = 0; tap + 2 < shape.kernel; tap++) {
                past[tap * channels + i] = past[(tap + 1) * channels + i];
            }
            past[(shape.kernel - 2) * channels + i] = inputs[i];
        }
        __syncthreads();
        float query_squares = 0;
        float key_squares = 0;
        for (int i = threadIdx.x; i < shape.key_dim; i += blockDim.x) {
            float q = convolved[i];
            float k = convolved[shape.key_dim + i];
            query_squares = fmaf(q, q, query_squares);
            key_squares = fmaf(k, k, key_squares);
        }
        float query_scale = rsqrtf((float)shape.key_dim) / sqrtf(block_sum(query_squares, partial) + LENGTH_EPSILON);
        float key_scale = 1.0f / sqrtf(block_sum(key_squares, partial) + LENGTH_EPSILON);
        for (int member = 0; member < group; member++) {
            int value_head = key_head * group + member;
            long long rate = 2LL * token * shape.value_heads + 2LL * key_head * group + member;
            float strength = 1.0f / (1.0f + expf(-rates[rate]));
            float step = rates[rate + group] + dt_bias[value_head];
            float softplus = step > LINEAR_SOFTPLUS ? step : log1pf(expf(step));
            float decay = expf(-expf(a_log[value_head]) * softplus);
            float* matrix = matrices + member * matrix_size;
            for (int j = threadIdx.x; j < shape.value_dim; j += blockDim.x) {
                float remembered = 0;
                for (int i = 0; i < shape.key_dim; i++) {
                    float cell = matrix[(long long)i * shape.value_dim + j] * decay;
                    matrix[(long long)i * shape.value_dim + j] = cell;
                    remembered = fmaf(cell, convolved[shape.key_dim + i] * key_scale, remembered);
                }
                float correction =
                        (convolved[2 * shape.key_dim + member * shape.value_dim + j] - remembered) * strength;
                float read = 0;
                for (int i = 0; i < shape.key_dim; i++) {
                    float cell = matrix[(long long)i * shape.value_dim + j];
                    cell = fmaf(correction, convolved[shape.key_dim + i] * key_scale, cell);
                    matrix[(long long)i * shape.value_dim + j] = cell;
                    read = fmaf(cell, convolved[i] * query_scale, read);
                }
                answer[j] = read;
            }
            __syncthreads();
            float squares = 0;
            for (int j = threadIdx.x; j < shape.value_dim; j += blockDim.x) {
                squares = fmaf(answer[j], answer[j], squares);
            }
            float scale = 1.0f / sqrtf(block_sum(squares, partial) / shape.value_dim + shape.epsilon);
            const float* gates = inputs + channels + member * shape.value_dim;
            float* target = out + ((long long)token * shape.value_heads + value_head) * shape.value_dim;
            for (int j = threadIdx.x; j < shape.value_dim; j += blockDim.x) {
                target[j] = norm[j] * (answer[j] * scale) * silu(gates[j]);
            }
            __syncthreads();
        }
    }
}
