package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CudaVersionsTest {
    @Test
    void newerLibrariesOfTheDriversMajorVersionGoWithIt() {
        assertThat(new CudaVersions(12040, 12090, 12090).require())
                .hasToString("driver for CUDA 12.4, NVRTC 12.9, cuBLAS 12.9");
        assertThat(new CudaVersions(13000, 12090, 13000).require().driver()).isEqualTo(13000);
    }

    @Test
    void librariesOfALaterMajorVersionAreRefusedWithWhatToInstall() {
        assertThatThrownBy(() -> new CudaVersions(12080, 13000, 12080).require())
                .isInstanceOf(CudaException.class)
                .hasMessage("NVRTC is of CUDA 13.0, the driver runs CUDA 12.8 at most: install a driver for CUDA 13,"
                        + " or NVRTC of CUDA 12 and name it in DIPPER_CUDA_LIBRARIES");
        assertThatThrownBy(() -> new CudaVersions(12080, 12080, 13010).require())
                .hasMessageStartingWith("cuBLAS is of CUDA 13.1");
    }
}
