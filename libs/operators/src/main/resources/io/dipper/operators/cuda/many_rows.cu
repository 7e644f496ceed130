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

// One value of y, from a row of the product. `width` is that of y; a gated product is twice as wide.
__device__ __forceinline__ float finished(const float* row, const float* bias, int column, int width, bool gated, const Gate& gate) {
    float value = row[column] + (bias == nullptr ? 0.0f : bias[column]);
    if (gated) {
        float up = row[width + column] + (bias == nullptr ? 0.0f : bias[width + column]);
        value = join(gate, value, up);
    }
    return value;
}

// y [gridDim.y, width] of a product, which may lie where y does if it is not gated.
extern "C" __global__ void finish_rows(
        const float* product, const float* bias, const float* residual, float* y, int width, int gated, Gate gate) {
    await_predecessor();
    admit_successor();
    const float* row = product + (long long)blockIdx.y * width * (gated ? 2 : 1);
    long long at = (long long)blockIdx.y * width;
    int first = (blockIdx.x * blockDim.x + threadIdx.x) * 4;
    if (width % 4 == 0 && first < width) {
        float4 value;
        value.x = finished(row, bias, first, width, gated, gate);
        value.y = finished(row, bias, first + 1, width, gated, gate);
        value.z = finished(row, bias, first + 2, width, gated, gate);
        value.w = finished(row, bias, first + 3, width, gated, gate);
        if (residual != nullptr) {
            float4 r = *reinterpret_cast<const float4*>(residual + at + first);
            value.x += r.x;
            value.y += r.y;
            value.z += r.z;
            value.w += r.w;
        }
        *reinterpret_cast<float4*>(y + at + first) = value;
        return;
    }
    for (int column = first; column < min(width, first + 4); column++) {
        float value = finished(row, bias, column, width, gated, gate);
        y[at + column] = value + (residual == nullptr ? 0.0f : residual[at + column]);
    }
}
