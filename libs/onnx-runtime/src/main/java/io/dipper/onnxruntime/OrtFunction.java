package io.dipper.onnxruntime;

/// The functions of `OrtApi` that are called, by their names in the C header, with their places in
/// the function table. Places never change once a version has shipped.
enum OrtFunction {
    CreateStatus(0),
    GetErrorCode(1),
    GetErrorMessage(2),
    CreateEnvWithCustomLogger(4),
    CreateSession(7),
    CreateSessionFromArray(8),
    Run(9),
    CreateSessionOptions(10),
    SetOptimizedModelFilePath(11),
    SetSessionExecutionMode(13),
    EnableProfiling(14),
    EnableMemPattern(16),
    DisableMemPattern(17),
    EnableCpuMemArena(18),
    DisableCpuMemArena(19),
    SetSessionLogSeverityLevel(22),
    SetSessionGraphOptimizationLevel(23),
    SetIntraOpNumThreads(24),
    SetInterOpNumThreads(25),
    CreateCustomOpDomain(26),
    CustomOpDomainAdd(27),
    AddCustomOpDomain(28),
    SessionGetInputCount(30),
    SessionGetOutputCount(31),
    SessionGetInputTypeInfo(33),
    SessionGetOutputTypeInfo(34),
    SessionGetInputName(36),
    SessionGetOutputName(37),
    CreateRunOptions(39),
    RunOptionsSetTerminate(46),
    RunOptionsUnsetTerminate(47),
    CreateTensorWithDataAsOrtValue(49),
    GetTensorMutableData(51),
    CastTypeInfoToTensorInfo(55),
    GetTensorElementType(60),
    GetDimensionsCount(61),
    GetDimensions(62),
    GetSymbolicDimensions(63),
    CreateMemoryInfo(68),
    AllocatorFree(76),
    GetAllocatorWithDefaultOptions(78),
    KernelInfoGetAttributeFloat(85),
    KernelInfoGetAttributeInt64(86),
    KernelInfoGetAttributeString(87),
    KernelContextGetInputCount(88),
    KernelContextGetOutputCount(89),
    KernelContextGetInput(90),
    KernelContextGetOutput(91),
    ReleaseEnv(92),
    ReleaseStatus(93),
    ReleaseMemoryInfo(94),
    ReleaseSession(95),
    ReleaseValue(96),
    ReleaseRunOptions(97),
    ReleaseTypeInfo(98),
    ReleaseSessionOptions(100),
    ReleaseCustomOpDomain(101),
    SessionEndProfiling(110),
    AddSessionConfigEntry(130),
    RunWithBinding(133),
    CreateIoBinding(134),
    ReleaseIoBinding(135),
    BindInput(136),
    BindOutput(137),
    BindOutputToDevice(138),
    GetBoundOutputValues(140),
    ClearBoundInputs(141),
    ClearBoundOutputs(142),
    AddInitializer(150),
    KernelInfoGetAttributeArrayFloat(162),
    KernelInfoGetAttributeArrayInt64(163),
    AddRunConfigEntry(165),
    KernelContextGetGpuComputeStream(193),
    SessionOptionsAppendExecutionProviderCuda(204),
    CreateCudaProviderOptions(205),
    UpdateCudaProviderOptions(206),
    ReleaseCudaProviderOptions(208),
    KernelInfoGetNodeName(244),
    UpdateCudaProviderOptionsWithValue(263),
    KernelContextParallelFor(274),
    GetTensorElementTypeAndShapeDataReference(414);

    /// One more than the last place: how much of the table is read.
    static final int TABLE_SIZE = 415;

    private final int place;

    OrtFunction(int place) {
        this.place = place;
    }

    int place() {
        return place;
    }
}
