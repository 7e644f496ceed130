// Heads of a token made ready: normed, rotated, rounded. Behind paged.cuh.

#define VECTORS ((HEAD_DIM + 127) / 128)

// Rotates four neighbouring values, those from `at` on, of the head in `row`.
__device__ __forceinline__ float4 rotated(
        const Shape& shape, const float* row, int at, const float* cosines, const float* sines) {
    float turned[4];
    int half = shape.rotary_dim / 2;
#pragma unroll
    for (int k = 0; k < 4; k++) {
        int i = at + k;
        bool second = shape.interleaved ? i % 2 == 1 : i >= half;
        int distance = shape.interleaved ? 1 : half;
        int pair = shape.interleaved ? i / 2 : i % half;
        turned[k] = row[i];
        if (i < shape.rotary_dim) {
            float other = row[second ? i - distance : i + distance] * sines[pair];
            turned[k] = turned[k] * cosines[pair] + (second ? other : -other);
        }
    }
    return make_float4(turned[0], turned[1], turned[2], turned[3]);
}

// The four values that a lane has which is as many lanes away.
__device__ __forceinline__ float4 exchanged(float4 mine, int distance) {
    return make_float4(
            __shfl_xor_sync(0xffffffffu, mine.x, distance), __shfl_xor_sync(0xffffffffu, mine.y, distance),
            __shfl_xor_sync(0xffffffffu, mine.z, distance), __shfl_xor_sync(0xffffffffu, mine.w, distance));
}

// Rotates four values of the first or the second half with those of the other half.
__device__ __forceinline__ void turn(float4& value, float4 other, float4 c, float4 s, bool first) {
    float sign = first ? -1.0f : 1.0f;
    value.x = value.x * c.x + sign * other.x * s.x;
    value.y = value.y * c.y + sign * other.y * s.y;
    value.z = value.z * c.z + sign * other.z * s.z;
    value.w = value.w * c.w + sign * other.w * s.w;
}

// A head that is to be made ready.
struct Head {
    const float* source;
    const float* norm;
    bf16* out;
};

// The first `count` of some heads of a token: norm over the head, then rotation, then rounding. What a lane reads of all of
// them is on its way together. By one warp; `row` is room for a head, the warp's own; `cosines` and `sines` are the token's.
template <int COUNT>
__device__ __forceinline__ void prepare_heads(
        const Shape& shape, const Head (&of)[COUNT], int count, const float* cosines, const float* sines, float* row) {
    int lane = threadIdx.x % 32;
    int half = shape.rotary_dim / 2;
    bool by_fours = half % 4 == 0 && !shape.interleaved;
    // What belongs together is as many lanes away for all.
    bool by_lanes = VECTORS == 1 && by_fours && half > 0 && (half & (half - 1)) == 0;
    float4 heads[COUNT][VECTORS];
    float4 c[VECTORS];
    float4 s[VECTORS];
    float4 weights[COUNT][VECTORS];
#pragma unroll
    for (int j = 0; j < VECTORS; j++) {
        int at = 4 * (lane + 32 * j);
#pragma unroll
        for (int h = 0; h < COUNT; h++) {
            bool there = at < HEAD_DIM && h < count;
            heads[h][j] = there ? *reinterpret_cast<const float4*>(of[h].source + at) : float4{};
            weights[h][j] = there && of[h].norm != nullptr ? *reinterpret_cast<const float4*>(of[h].norm + at) : float4{};
        }
        if (by_fours && at < shape.rotary_dim) {
            int pair = at < half ? at : at - half;
            c[j] = *reinterpret_cast<const float4*>(cosines + pair);
            s[j] = *reinterpret_cast<const float4*>(sines + pair);
        }
    }
#pragma unroll
    for (int h = 0; h < COUNT; h++) {
        if (h >= count) {
            break;
        }
        float4(&head)[VECTORS] = heads[h];
        const float4(&weight)[VECTORS] = weights[h];
        if (of[h].norm != nullptr) {
            float squares = 0;
#pragma unroll
            for (int j = 0; j < VECTORS; j++) {
                squares += head[j].x * head[j].x + head[j].y * head[j].y + head[j].z * head[j].z + head[j].w * head[j].w;
            }
            float factor = rsqrtf(warp_sum(squares) / HEAD_DIM + shape.epsilon);
#pragma unroll
            for (int j = 0; j < VECTORS; j++) {
                head[j].x *= factor * weight[j].x;
                head[j].y *= factor * weight[j].y;
                head[j].z *= factor * weight[j].z;
                head[j].w *= factor * weight[j].w;
            }
        }
        if (by_lanes) {
            float4 other = exchanged(head[0], half / 4);
            if (4 * lane < shape.rotary_dim) {
                turn(head[0], other, c[0], s[0], 4 * lane < half);
            }
        } else if (shape.rotary_dim > 0) {
#pragma unroll
            for (int j = 0; j < VECTORS; j++) {
                int at = 4 * (lane + 32 * j);
                if (at < HEAD_DIM) {
                    *reinterpret_cast<float4*>(row + at) = head[j];
                }
            }
            __syncwarp();
#pragma unroll
            for (int j = 0; j < VECTORS; j++) {
                int at = 4 * (lane + 32 * j);
                if (at < shape.rotary_dim && by_fours) {
                    float4 other = *reinterpret_cast<const float4*>(row + (at < half ? at + half : at - half));
                    turn(head[j], other, c[j], s[j], at < half);
                } else if (at < shape.rotary_dim) {
                    head[j] = rotated(shape, row, at, cosines, sines);
                }
            }
            __syncwarp();
        }
#pragma unroll
        for (int j = 0; j < VECTORS; j++) {
            int at = 4 * (lane + 32 * j);
            if (at < HEAD_DIM) {
                *reinterpret_cast<uint2*>(of[h].out + at) =
                        make_uint2(packed(head[j].x, head[j].y), packed(head[j].z, head[j].w));
            }
        }
    }
}

#define VALUE_VECTORS ((VALUE_DIM + 127) / 128)

// A lane's part of a value head; zeros unless it is wanted.
__device__ __forceinline__ void load_value(float4 (&value)[VALUE_VECTORS], const float* source, bool wanted) {
#pragma unroll
    for (int j = 0; j < VALUE_VECTORS; j++) {
        int at = 4 * (threadIdx.x % 32 + 32 * j);
        value[j] = wanted && at < VALUE_DIM ? *reinterpret_cast<const float4*>(source + at) : float4{};
    }
}

// What load_value() loaded, rounded to `out`, by one warp.
__device__ __forceinline__ void round_value(const float4 (&value)[VALUE_VECTORS], bf16* out) {
#pragma unroll
    for (int j = 0; j < VALUE_VECTORS; j++) {
        int at = 4 * (threadIdx.x % 32 + 32 * j);
        if (at < VALUE_DIM) {
            *reinterpret_cast<uint2*>(out + at) = make_uint2(packed(value[j].x, value[j].y), packed(value[j].z, value[j].w));
        }
    }
}
