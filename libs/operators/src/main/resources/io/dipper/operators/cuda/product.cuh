// What the kernels for projections of few rows share.

// As the host fills it in. `groups` are those of each weight: pairs of rows, or tiles of them.
struct Product {
    const float* x;
    const float* norm;
    const float* residual;
    const bf16* weight[4];
    const float* bias[4];
    float* y[4];
    int n[4]; // columns of y
    int groups[4];
    int k;
    int rows;
    float epsilon;
    int gated;  // the weight has n rows of a gate, then n rows of up
    int split;  // warps that share a group; tiles of a cluster
    int half;   // tiles have eight rows, not sixteen
    Gate gate;
    int narrow; // y is read by a projection that takes it as bfloat16
    int rounded; // x is bfloat16, for kernels that take both
};

extern __shared__ uint4 shared_memory[];

__device__ __forceinline__ float squares_of(float4 v) {
    return v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
}

__device__ __forceinline__ uint2 four_rounded(float4 v, float scale, float4 f) {
    return make_uint2(packed(v.x * scale * f.x, v.y * scale * f.y), packed(v.z * scale * f.z, v.w * scale * f.w));
}

__device__ __forceinline__ float4 four(const float* address) {
    return *reinterpret_cast<const float4*>(address);
}

__device__ __forceinline__ float4 all_four(float value) {
    return make_float4(value, value, value, value);
}

// Where a group's rows begin.
struct Place {
    int part;
    int row;
};

__device__ __forceinline__ Place place_of(const Product& p, int group, int rows) {
    Place place = {0, group};
#pragma unroll 1
    while (place.part < 3 && place.row >= p.groups[place.part]) {
        place.row -= p.groups[place.part];
        place.part++;
    }
    place.row *= rows;
    return place;
}

// y of two weight rows, eight apart or a gate and its partner, for one row of x.
__device__ __forceinline__ void finish(const Product& p, Place place, int offset, int x_row, float first, float second) {
    int row = place.row + offset;
    int n = p.n[place.part];
    if (x_row >= p.rows || row >= n) {
        return;
    }
    const float* bias = p.bias[place.part];
    Target y = Target{p.y[place.part], p.narrow != 0}.from((long long)x_row * n);
    const float* residual = p.residual == nullptr ? nullptr : p.residual + (long long)x_row * n;
    first += bias == nullptr ? 0.0f : bias[row];
    if (p.gated) {
        second += bias == nullptr ? 0.0f : bias[n + row];
        first = join(p.gate, first, second);
    }
    y.set(row, first + (residual == nullptr ? 0.0f : fresh(residual + row)));
    if (!p.gated && !p.half && row + 8 < n) {
        second += bias == nullptr ? 0.0f : bias[row + 8];
        y.set(row + 8, second + (residual == nullptr ? 0.0f : fresh(residual + row + 8)));
    }
}
