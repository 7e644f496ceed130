// Rows of a table that may lie in the host's memory, which the card reads over the bus: all of a row's pieces are on their
// way at once.

// rows [tokens, width] float32: a block a token and as many pieces of eight values as it has threads.
extern "C" __global__ void host_rows(const int* ids, const bf16* table, float* rows, int count, int width) {
    await_predecessor();
    admit_successor();
    int id = ids[blockIdx.x];
    const bf16* row = table + (long long)(id >= 0 && id < count ? id : 0) * width;
    float* target = rows + (long long)blockIdx.x * width;
    int at = (blockIdx.y * blockDim.x + threadIdx.x) * 8;
    if (width % 8 == 0 && at < width) {
        uint4 piece = *reinterpret_cast<const uint4*>(row + at);
        unsigned words[4] = {piece.x, piece.y, piece.z, piece.w};
        for (int i = 0; i < 4; i++) {
            target[at + 2 * i] = __uint_as_float(words[i] << 16);
            target[at + 2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
        }
    } else {
        for (int i = at; i < min(at + 8, width); i++) {
            target[i] = widened(row[i]);
        }
    }
}
