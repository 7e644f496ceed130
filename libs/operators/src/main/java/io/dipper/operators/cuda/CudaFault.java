package io.dipper.operators.cuda;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a failure on a card means for those that come after it. Failures arrive as [CudaException]s, as
/// ONNX Runtime's errors about kernels of its own, and as its errors about operators of ours: what they
/// have in common is that their texts, or their causes' texts, carry CUDA's number or name of the error.
public enum CudaFault {
    /// The call failed, others may work.
    ORDINARY,
    /// The card's memory did not suffice.
    OUT_OF_MEMORY,
    /// The process's context on the card is lost: no call on it works any more, not even after it was reset;
    /// the process must be started anew.
    CONTEXT_LOST;

    /// `CUresult`s, and with the same numbers `cudaError`s, of which NVIDIA's documentation says that the
    /// process must be terminated and relaunched to go on using CUDA.
    private static final Set<Integer> LOST = Set.of(
            214, // an uncorrectable error of the memory (ECC)
            220, // an uncorrectable error of NVLink
            226, // an error that was contained, and cost the context
            700, // an illegal address
            702, // a kernel took too long for a card that shows a screen
            709, // the context was destroyed
            710, // an assertion in a kernel
            714, // the card's stack is broken
            715, // an illegal instruction
            716, // a misaligned address
            717, // an address of another space
            718, // the program counter went astray
            719, // a launch failed, for whatever reason
            721, // tensor memory was not given back
            809); // the server of shared contexts (MPS) ended this client

    private static final Set<String> LOST_NAMES = Set.of(
            "eccuncorrectable",
            "nvlinkuncorrectable",
            "contained",
            "illegaladdress",
            "launchtimeout",
            "contextisdestroyed",
            "assert",
            "hardwarestackerror",
            "hardwarestack",
            "illegalinstruction",
            "misalignedaddress",
            "invalidaddressspace",
            "invalidpc",
            "launchfailure",
            "launchfailed",
            "tensormemoryleak",
            "mpsclientterminated");

    private static final Set<String> FULL_NAMES = Set.of("outofmemory", "memoryallocation");

    private static final int FULL = 2;

    /// `CUDA error 700` is ours, `CUDA failure 700` is ONNX Runtime's.
    private static final Pattern NUMBER = Pattern.compile("\\bCUDA (?:error|failure) (\\d{1,4})\\b");

    private static final Pattern NAME = Pattern.compile("\\b(?:cudaError([A-Z]\\w+)|CUDA_ERROR_(\\w+))");

    /// What ONNX Runtime's allocator says when its arena cannot grow.
    private static final String ARENA_FULL = "Failed to allocate memory for requested buffer";

    /// What an error with this number means.
    static CudaFault of(int number) {
        if (LOST.contains(number)) {
            return CONTEXT_LOST;
        }
        return number == FULL ? OUT_OF_MEMORY : ORDINARY;
    }

    /// The worst that a failure or one of its causes tells of.
    public static CudaFault of(Throwable failure) {
        CudaFault worst = ORDINARY;
        for (Throwable told = failure; told != null; told = told.getCause()) {
            worst = worse(worst, of(String.valueOf(told.getMessage())));
        }
        return worst;
    }

    private static CudaFault of(String message) {
        CudaFault worst = message.contains(ARENA_FULL) ? OUT_OF_MEMORY : ORDINARY;
        for (Matcher number = NUMBER.matcher(message); number.find(); ) {
            worst = worse(worst, of(Integer.parseInt(number.group(1))));
        }
        for (Matcher name = NAME.matcher(message); name.find(); ) {
            worst = worse(worst, named(name.group(1) == null ? name.group(2) : name.group(1)));
        }
        return worst;
    }

    private static CudaFault worse(CudaFault one, CudaFault other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static CudaFault named(String name) {
        String plain = name.replace("_", "").toLowerCase(Locale.ROOT);
        if (LOST_NAMES.contains(plain)) {
            return CONTEXT_LOST;
        }
        return FULL_NAMES.contains(plain) ? OUT_OF_MEMORY : ORDINARY;
    }
}
