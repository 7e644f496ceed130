package io.dipper.operators.attention;

/// Where each input of `PagedAttention` lies, in all of its forms.
public final class AttentionInputs {
    public static final int QUERY = 0;
    public static final int KEY = 1;
    public static final int VALUE = 2;
    public static final int POOL = 3;
    public static final int POSITIONS = 4;
    public static final int STARTS = 5;
    public static final int TABLE = 6;
    public static final int COS = 7;
    public static final int SIN = 8;
    public static final int QUERY_NORM = 9;
    public static final int KEY_NORM = 10;
    /// Of no kernel's concern: it orders this node after the one that writes the pool.
    public static final int AFTER = 11;

    public static final int SINKS = 12;

    private AttentionInputs() {}
}
