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

// A token's inputs and those before it, in `past`, which moves on by one.
__device__ __forceinline__ void convolve_token(
        const Shape& shape, const float* inputs, const bf16* convolution, float* past, float* convolved, int key_head,
        int channels) {
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
}

// What a value head's matrix forgets, learns and answers at a token.
__device__ __forceinline__ void turn_matrix(
        const Shape& shape, float* matrix, const float* convolved, int member, float query_scale, float key_scale,
        float decay, float strength, float* answer) {
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
}

// What a sequence begins with: nothing.
__device__ __forceinline__ void forget(float* matrices, long long cells, float* past, int inputs) {
    for (long long i = threadIdx.x; i < cells; i += blockDim.x) {
        matrices[i] = 0;
    }
    for (int i = threadIdx.x; i < inputs; i += blockDim.x) {
        past[i] = 0;
    }
}

// A block a sequence of the step and key head; its tokens in order. A thread has its columns of the matrices to itself.
extern "C" __global__ void gated_delta(
        Shape shape, const float* projected, const float* rates, float* pool, const int* positions, const int* starts,
        const int* table, const bf16* convolution, const float* dt_bias, const float* a_log, const float* norm, float* out) {
    extern __shared__ float shared[];
    __shared__ float partial[32];
    await_predecessor();
    admit_successor();
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
        forget(matrices, group * matrix_size, past, channels * (shape.kernel - 1));
    }
    __syncthreads();
    for (int token = from; token < to; token++) {
        const float* inputs = projected + ((long long)token * shape.key_heads + key_head) * columns;
        convolve_token(shape, inputs, convolution, past, convolved, key_head, channels);
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
            turn_matrix(shape, matrix, convolved, member, query_scale, key_scale, decay, strength, answer);
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

#ifdef KEY
// The same in two steps, for heads of KEY and VALUE dimensions that fill whole warps: the convolution of all tokens at
// once, then a block a sequence and value head, which has its matrix in registers: a thread CELLS of a column.

#define CELLS 32
#define SHARERS (KEY / CELLS)
#define THREADS (VALUE * SHARERS)

struct State {
    float* matrix;
    float* past;
};

__device__ __forceinline__ State state_of(const Shape& shape, float* pool, int slot, int key_head, int value_head) {
    int channels = 2 * KEY + shape.value_heads / shape.key_heads * VALUE;
    long long matrices = (long long)shape.value_heads * KEY * VALUE;
    float* state = pool + slot * (matrices + (long long)shape.key_heads * channels * (shape.kernel - 1));
    return {state + (long long)value_head * KEY * VALUE,
            state + matrices + (long long)key_head * channels * (shape.kernel - 1)};
}

// A channel's input at a token of the step, or before it in the past; 0 before the sequence began.
__device__ __forceinline__ float input_at(
        const Shape& shape, const float* projected, const float* past, int token, int from, bool fresh, int key_head,
        int channels, int columns, int i) {
    if (token >= from) {
        return projected[((long long)token * shape.key_heads + key_head) * columns + i];
    }
    return fresh ? 0.0f : past[(shape.kernel - 1 + token - from) * channels + i];
}

// convolved [tokens, key heads, channels]: query and key as vectors of their lengths, then the values. A block a token and
// key head. The past is read only: its tokens are written by turn, when all have been convolved.
extern "C" __global__ void convolve(
        Shape shape, const float* projected, float* pool, const int* positions, const int* starts, const int* table,
        const bf16* convolution, float* convolved, int rows) {
    extern __shared__ float values[];
    __shared__ float partial[32];
    await_predecessor();
    admit_successor();
    int token = blockIdx.x;
    int key_head = blockIdx.y;
    int group = shape.value_heads / shape.key_heads;
    int channels = 2 * KEY + group * VALUE;
    int columns = channels + group * VALUE;
    int row = row_among(starts, rows, token);
    int from = starts[row];
    bool fresh = positions[from] == 0;
    const float* past = state_of(shape, pool, table[row], key_head, 0).past;
    float query_squares = 0;
    float key_squares = 0;
    for (int i = threadIdx.x; i < channels; i += blockDim.x) {
        const bf16* taps = convolution + (long long)channel(shape, key_head, i) * shape.kernel;
        float sum = 0;
        for (int tap = 0; tap < shape.kernel; tap++) {
            int at = token - shape.kernel + 1 + tap;
            sum = fmaf(
                    widened(taps[tap]),
                    input_at(shape, projected, past, at, from, fresh, key_head, channels, columns, i), sum);
        }
        float value = silu(sum);
        values[i] = value;
        query_squares += i < KEY ? value * value : 0.0f;
        key_squares += i >= KEY && i < 2 * KEY ? value * value : 0.0f;
    }
    float query_scale = rsqrtf((float)KEY) / sqrtf(block_sum(query_squares, partial) + LENGTH_EPSILON);
    float key_scale = 1.0f / sqrtf(block_sum(key_squares, partial) + LENGTH_EPSILON);
    float* target = convolved + ((long long)token * shape.key_heads + key_head) * channels;
    for (int i = threadIdx.x; i < channels; i += blockDim.x) {
        target[i] = values[i] * (i < KEY ? query_scale : i < 2 * KEY ? key_scale : 1.0f);
    }
}

// The sum over the threads that share a column.
__device__ __forceinline__ float column_sum(float value, float (&parts)[SHARERS][VALUE], int column, int sharer) {
    parts[sharer][column] = value;
    __syncthreads();
    float sum = 0;
#pragma unroll
    for (int other = 0; other < SHARERS; other++) {
        sum += parts[other][column];
    }
    return sum;
}

#define PAIRS_A_THREAD ((2 * KEY + THREADS - 1) / THREADS)

// What a thread takes of a token: its part of query and key, its column's value, and the head's rates.
struct TokenInputs {
    float directions[PAIRS_A_THREAD];
    float value;
    float strength;
    float step;

    __device__ __forceinline__ void load(const float* mixed, int member, int column, const float* rates, int group) {
#pragma unroll
        for (int i = 0; i < PAIRS_A_THREAD; i++) {
            int at = threadIdx.x + i * THREADS;
            directions[i] = at < 2 * KEY ? mixed[at] : 0.0f;
        }
        value = mixed[2 * KEY + member * VALUE + column];
        strength = rates[0];
        step = rates[group];
    }
};

// The last inputs, which the convolution of the sequence's next token takes.
__device__ __forceinline__ void keep_past(
        const Shape& shape, const float* projected, float* past, int from, int to, bool fresh, int key_head, int channels,
        int columns) {
    for (int i = threadIdx.x; i < channels; i += THREADS) {
        for (int tap = 0; tap + 1 < shape.kernel; tap++) {
            past[tap * channels + i] = input_at(
                    shape, projected, past, to - shape.kernel + 1 + tap, from, fresh, key_head, channels,
                    columns, i);
        }
    }
}

// What a thread's cells, shrunk, have at a key.
__device__ __forceinline__ float recall(float (&cells)[CELLS], const float* key, float decay) {
    float remembered = 0;
#pragma unroll
    for (int i = 0; i < CELLS; i++) {
        cells[i] *= decay;
        remembered = fmaf(cells[i], key[i], remembered);
    }
    return remembered;
}

// Puts a value right in a thread's cells, at a key, and reads them at a query.
__device__ __forceinline__ float learn(float (&cells)[CELLS], const float* key, const float* query, float correction) {
    float read = 0;
#pragma unroll
    for (int i = 0; i < CELLS; i++) {
        cells[i] = fmaf(correction, key[i], cells[i]);
        read = fmaf(cells[i], query[i], read);
    }
    return read;
}

// What a value head's answer is multiplied by in its norm, from the warps' sums of squares.
__device__ __forceinline__ float scale_of(const Shape& shape, const float* squares) {
    float all = 0;
#pragma unroll
    for (int part = 0; part < VALUE / 32; part++) {
        all += squares[part];
    }
    return 1.0f / sqrtf(all / VALUE + shape.epsilon);
}

// A token's query and key for all threads.
__device__ __forceinline__ void share(const TokenInputs& now, float* query, float* key) {
#pragma unroll
    for (int i = 0; i < PAIRS_A_THREAD; i++) {
        int at = threadIdx.x + i * THREADS;
        if (at < 2 * KEY) {
            (at < KEY ? query[at] : key[at - KEY]) = now.directions[i];
        }
    }
}

__device__ __forceinline__ void keep(const State& state, const float (&cells)[CELLS], int sharer, int column) {
#pragma unroll
    for (int i = 0; i < CELLS; i++) {
        state.matrix[(sharer * CELLS + i) * VALUE + column] = cells[i];
    }
}

// A block a sequence of the step and value head; its tokens in order. What it reads before its predecessor is done was
// written in earlier steps: convolve writes no state.
extern "C" __global__ void __launch_bounds__(THREADS) turn(
        Shape shape, const float* projected, const float* rates, float* pool, const int* positions, const int* starts,
        const int* table, const float* convolved, const float* dt_bias, const float* a_log, const float* norm, float* out) {
    __shared__ float query[KEY];
    __shared__ float key[KEY];
    __shared__ float remembered_parts[SHARERS][VALUE];
    __shared__ float read_parts[SHARERS][VALUE];
    __shared__ float squares[VALUE / 32];
    int row = blockIdx.x;
    int value_head = blockIdx.y;
    int group = shape.value_heads / shape.key_heads;
    int key_head = value_head / group;
    int member = value_head % group;
    int channels = 2 * KEY + group * VALUE;
    int columns = channels + group * VALUE;
    int column = threadIdx.x % VALUE;
    int sharer = threadIdx.x / VALUE;
    int from = starts[row];
    int to = starts[row + 1];
    if (from == to) {
        return;
    }
    bool fresh = positions[from] == 0;
    State state = state_of(shape, pool, table[row], key_head, value_head);
    float cells[CELLS];
#pragma unroll
    for (int i = 0; i < CELLS; i++) {
        cells[i] = fresh ? 0.0f : state.matrix[(sharer * CELLS + i) * VALUE + column];
    }
    float rate = -expf(a_log[value_head]);
    await_predecessor();
    admit_successor();
    TokenInputs next;
    next.load(convolved + ((long long)from * shape.key_heads + key_head) * channels, member, column,
              rates + 2LL * from * shape.value_heads + 2LL * key_head * group + member, group);
    for (int token = from; token < to; token++) {
        long long head = (long long)token * shape.key_heads + key_head;
        TokenInputs now = next;
        __syncthreads();
        share(now, query, key);
        float value = now.value;
        float strength = 1.0f / (1.0f + expf(-now.strength));
        float step = now.step + dt_bias[value_head];
        // The next token's inputs are on their way while this one's are used.
        int later = min(token + 1, to - 1);
        next.load(convolved + ((long long)later * shape.key_heads + key_head) * channels, member, column,
                  rates + 2LL * later * shape.value_heads + 2LL * key_head * group + member, group);
        float decay = expf(rate * (step > LINEAR_SOFTPLUS ? step : log1pf(expf(step))));
        __syncthreads();
        float remembered = recall(cells, key + sharer * CELLS, decay);
        float correction = (value - column_sum(remembered, remembered_parts, column, sharer)) * strength;
        float read = learn(cells, key + sharer * CELLS, query + sharer * CELLS, correction);
        float answer = column_sum(read, read_parts, column, sharer);
        float sum = warp_sum(answer * answer);
        if (sharer == 0 && column % 32 == 0) {
            squares[column / 32] = sum;
        }
        __syncthreads();
        if (sharer == 0) {
            float scale = scale_of(shape, squares);
            float gate = projected[head * columns + channels + member * VALUE + column];
            out[((long long)token * shape.value_heads + value_head) * VALUE + column] =
                    norm[column] * (answer * scale) * silu(gate);
        }
    }
    keep(state, cells, sharer, column);
    if (member == 0) {
        keep_past(shape, projected, state.past, from, to, fresh, key_head, channels, columns);
    }
}
#endif
