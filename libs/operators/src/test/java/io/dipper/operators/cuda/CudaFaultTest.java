package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Failures by the texts in which they arrive.
class CudaFaultTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "CONTEXT_LOST|the card's work failed with CUDA error 700 (CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access)",
                "CONTEXT_LOST|Attention: io.dipper.operators.cuda.CudaException: launching a kernel failed with CUDA error 719",
                "CONTEXT_LOST|CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=h ; expr=cudaStreamSynchronize(s)",
                "CONTEXT_LOST|CUDA error cudaErrorIllegalAddress:an illegal memory access was encountered",
                "CONTEXT_LOST|CUDA error cudaErrorLaunchFailure: unspecified launch failure",
                "CONTEXT_LOST|x failed with CUDA error 214 (CUDA_ERROR_ECC_UNCORRECTABLE)",
                "OUT_OF_MEMORY|taking 17 bytes of the card failed with CUDA error 2 (CUDA_ERROR_OUT_OF_MEMORY: out of memory)",
                "OUT_OF_MEMORY|CUDA failure 2: out of memory ; GPU=0 ; hostname=h",
                "OUT_OF_MEMORY|BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 4096",
                "ORDINARY|launching a kernel failed with CUDA error 1 (CUDA_ERROR_INVALID_VALUE: invalid argument)",
                "ORDINARY|launching a kernel failed with CUDA error 701 (CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES)",
                "ORDINARY|launching a kernel failed with CUDA error 720 (CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE)",
                "ORDINARY|a matrix product failed with status 13 of cuBLAS",
                "ORDINARY|compiling attention failed with status 2 of NVRTC",
                "ORDINARY|CUBLAS failure 13: the GPU program failed to execute ; GPU=0 ; line=700",
                "ORDINARY|no such file: 700",
                "ORDINARY|"
            })
    void aTextTellsWhatTheFailureMeans(CudaFault fault, String text) {
        assertThat(CudaFault.of(new IllegalStateException(text))).isEqualTo(fault);
    }

    @ParameterizedTest
    @ValueSource(ints = {214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 809})
    void theNumbersAfterWhichAProcessMustEndAreLosses(int number) {
        assertThat(CudaFault.of(number)).isEqualTo(CudaFault.CONTEXT_LOST);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 101, 201, 218, 701, 703, 704, 708, 711, 712, 713, 720, 800, 900, 901, 999})
    void othersAreNot(int number) {
        assertThat(CudaFault.of(number)).isEqualTo(CudaFault.ORDINARY);
    }

    @org.junit.jupiter.api.Test
    void theWorstOfAllCausesCounts() {
        var cause = new CudaException("a copy failed with CUDA error 716");
        assertThat(CudaFault.of(new IllegalStateException("CUDA failure 2: out of memory", cause)))
                .isEqualTo(CudaFault.CONTEXT_LOST);
    }
}
