// Writes where nothing is.
extern "C" __global__ void fault() {
    *reinterpret_cast<volatile int*>(16) = 1;
}
