package io.dipper.onnxruntime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The loaded library and its function table. Classes bind the functions they call to static final
/// handles of their own, so that only what is used is linked.
final class OrtApi {
    /// The first version that has every function of [OrtFunction].
    private static final int OLDEST_MINOR_VERSION = 28;

    private static final int NEWEST_MINOR_VERSION = 29;

    static final Linker LINKER = Linker.nativeLinker();

    /// The version of the library, as in `1.29.0`.
    static final String VERSION;

    /// The version of the API that was asked for.
    static final int API_VERSION;

    private static final MemorySegment TABLE;

    static {
        if (!OrtApi.class.getModule().isNativeAccessEnabled()) {
            throw new IllegalStateException("native access is off for " + OrtApi.class.getModule()
                    + ": start Java with --enable-native-access=ALL-UNNAMED");
        }
        SymbolLookup library = NativeLibrary.open(NativeLibrary.locate());
        try {
            MethodHandle getBase =
                    LINKER.downcallHandle(library.findOrThrow("OrtGetApiBase"), FunctionDescriptor.of(ADDRESS));
            var base = ((MemorySegment) getBase.invokeExact()).reinterpret(2 * ADDRESS.byteSize());
            MethodHandle getApi =
                    LINKER.downcallHandle(base.getAtIndex(ADDRESS, 0), FunctionDescriptor.of(ADDRESS, JAVA_INT));
            MethodHandle getVersion =
                    LINKER.downcallHandle(base.getAtIndex(ADDRESS, 1), FunctionDescriptor.of(JAVA_LONG));
            VERSION = text((long) getVersion.invokeExact());
            API_VERSION = apiVersion(VERSION);
            TABLE = ((MemorySegment) getApi.invokeExact(API_VERSION))
                    .reinterpret(OrtFunction.TABLE_SIZE * ADDRESS.byteSize());
        } catch (Throwable t) {
            throw Ort.unexpected(t);
        }
    }

    private OrtApi() {}

    private static int apiVersion(String version) {
        int minor = Integer.parseInt(version.substring(version.indexOf('.') + 1, version.lastIndexOf('.')));
        if (!version.startsWith("1.") || minor < OLDEST_MINOR_VERSION) {
            throw new IllegalStateException(
                    "ONNX Runtime " + version + " is too old: 1." + OLDEST_MINOR_VERSION + " or newer is needed");
        }
        return Math.min(minor, NEWEST_MINOR_VERSION);
    }

    /// A function that returns a status: null, or what went wrong.
    static MethodHandle status(OrtFunction function, ValueLayout... arguments) {
        return LINKER.downcallHandle(address(function), FunctionDescriptor.of(JAVA_LONG, arguments));
    }

    /// The same for a function that returns at once and never calls back: the thread need not
    /// change its state for it.
    static MethodHandle quick(OrtFunction function, ValueLayout... arguments) {
        return LINKER.downcallHandle(
                address(function), FunctionDescriptor.of(JAVA_LONG, arguments), Linker.Option.critical(false));
    }

    /// A function that frees what a pointer points at.
    static MethodHandle release(OrtFunction function) {
        return LINKER.downcallHandle(address(function), FunctionDescriptor.ofVoid(JAVA_LONG));
    }

    static MethodHandle returning(MemoryLayout result, OrtFunction function, MemoryLayout... arguments) {
        return LINKER.downcallHandle(address(function), FunctionDescriptor.of(result, arguments));
    }

    private static MemorySegment address(OrtFunction function) {
        return TABLE.getAtIndex(ADDRESS, function.place());
    }

    /// The text that a C string pointer points at.
    static String text(long pointer) {
        return MemorySegment.ofAddress(pointer).reinterpret(Long.MAX_VALUE).getString(0);
    }
}
