// What stands around the products of a Projection of many rows, which are cuBLAS's: norm and rounding before, bias, gate
// and residual after.

// rows [gridDim.x, k], rounded; normalised before if there is a norm. A block a row.
extern "C" __global__ void norm_rows(const float* x, const float* norm, bf16* rows, int k, float epsilon) {
    __shared__ float partial[32];
    await_predecessor();
    admit_successor();
    const float* row = x + (long long)blockIdx.x * k;
    bf16* out = rows + (long long)blockIdx.x * k;
    float scale = 1.0f;
    bool whole = k % 4 == 0;
    if (norm != nullptr) {
        float squares = 0;
        if (whole) {
            for (int i = threadIdx.x * 4; i < k; i += blockDim.x * 4) {
                float4 v = *reinterpret_cast<const float4*>(row + i);
                squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
            }
        } else {
            for (int i = threadIdx.x; i < k; i += blockDim.x) {
                squares = fmaf(row[i], row[i], squares);
            }
        }
        scale = 1.0f / sqrtf(block_sum(squares, partial) / k + epsilon);
    }
    if (whole) {
        for (int i = threadIdx.x * 4; i < k; i += blockDim.x * 4) {
            float4 v = *reinterpret_cast<const float4*>(row + i);
            float4 f = norm == nullptr ? make_float4(1, 1, 1, 1) : *reinterpret_cast<const float4*>(norm + i);
            *reinterpret_cast<uint2*>(out + i) =
                    make_uint2(packed(v.x * scale * f.x, v.y * scale * f.y), packed(v.z * scale * f.z, v.w * scale * f.w));
        }
    } else {
        for (int i = threadIdx.x; i < k; i += blockDim.x) {
            out[i] = rounded(row[i] * scale * (norm == nullptr ? 1.0f : norm[i]));
        }
    }
}

__device__ __forceinline__ float4 four_of(const float* values) {
    return *reinterpret_cast<const float4*>(values);
}

__device__ __forceinline__ float4 sum_of(float4 a, float4 b) {
    return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

__device__ __forceinline__ float4 joined(const Gate& gate, float4 opened, float4 up) {
    return make_float4(
            join(gate, opened.x, up.x), join(gate, opened.y, up.y), join(gate, opened.z, up.z),
            join(gate, opened.w, up.w));
}

// y [gridDim.y, width] of a product, which may lie where y does if it is not gated and not narrow; a gated product is
// twice as wide.
extern "C" __global__ void finish_rows(
        const float* product, const float* bias, const float* residual, float* y, int width, int gated, Gate gate,
        int narrow) {
    await_predecessor();
    admit_successor();
    const float* row = product + (long long)blockIdx.y * width * (gated ? 2 : 1);
    long long at = (long long)blockIdx.y * width;
    Target target = Target{y, narrow != 0}.from(at);
    int first = (blockIdx.x * blockDim.x + threadIdx.x) * 4;
    if (width % 4 == 0 && first < width) {
        float4 value = four_of(row + first);
        float4 up = gated ? four_of(row + width + first) : float4{};
        float4 added = residual != nullptr ? four_of(residual + at + first) : float4{};
        if (bias != nullptr) {
            value = sum_of(value, four_of(bias + first));
            up = gated ? sum_of(up, four_of(bias + width + first)) : up;
        }
        if (gated) {
            // What most designs have asks nothing for each value.
            bool usual = gate.kind == SILU && gate.limit == 0.0f;
            value = usual ? joined(Gate{SILU, 0.0f, 0.0f, 0.0f}, value, up) : joined(gate, value, up);
        }
        target.set_four(first, sum_of(value, added));
        return;
    }
    for (int column = first; column < min(width, first + 4); column++) {
        float value = row[column] + (bias == nullptr ? 0.0f : bias[column]);
        if (gated) {
            value = join(gate, value, row[width + column] + (bias == nullptr ? 0.0f : bias[width + column]));
        }
        target.set(column, value + (residual == nullptr ? 0.0f : residual[at + column]));
    }
}
