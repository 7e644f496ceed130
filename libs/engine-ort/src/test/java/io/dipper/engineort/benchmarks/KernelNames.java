package io.dipper.engineort.benchmarks;

/// Kernels' names as people read them.
final class KernelNames {
    private static final int MOST = 72;

    private KernelNames() {}

    /// Of a mangled C++ name the namespaces and the function, without types; any other as it is. Long ones
    /// are cut.
    static String plain(String name) {
        String plain = name.startsWith("_Z") ? demangled(name) : name;
        return plain.length() > MOST ? plain.substring(0, MOST - 1) + "…" : plain;
    }

    /// The grammar's part that names need: `_Z`, `N` where there are namespaces, then lengths before names.
    private static String demangled(String name) {
        var plain = new StringBuilder();
        int at = 2;
        boolean nested = name.startsWith("N", at);
        while (at < name.length() && "NLK".indexOf(name.charAt(at)) >= 0) {
            at++;
        }
        while (at < name.length() && Character.isDigit(name.charAt(at))) {
            int length = 0;
            while (at < name.length() && Character.isDigit(name.charAt(at))) {
                length = 10 * length + name.charAt(at++) - '0';
            }
            int end = Math.min(name.length(), at + length);
            String part = name.substring(at, end);
            if (!part.startsWith("_GLOBAL__N")) {
                plain.append(plain.isEmpty() ? "" : "::").append(part);
            }
            if (!nested) {
                // What follows are types.
                break;
            }
            at = end;
        }
        return plain.isEmpty() ? name : plain.toString();
    }
}
