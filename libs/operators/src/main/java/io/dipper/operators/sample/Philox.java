package io.dipper.operators.sample;

/// Philox 4×32 with ten rounds: random numbers as a function of key and counter, so that a draw
/// depends on its request's seed, its position and the token alone, on every device alike. After J.
/// Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", 2011.
public final class Philox {
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final int ROUNDS = 10;
    private static final long LOW = 0xFFFFFFFFL;

    private Philox() {}

    /// Replaces the four counter words in `block` by four random words.
    public static void apply(int[] block, int key0, int key1) {
        int k0 = key0;
        int k1 = key1;
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = MULTIPLIER_0 * (block[0] & LOW);
            long product1 = MULTIPLIER_1 * (block[2] & LOW);
            int next0 = (int) (product1 >>> 32) ^ block[1] ^ k0;
            int next2 = (int) (product0 >>> 32) ^ block[3] ^ k1;
            block[0] = next0;
            block[1] = (int) product1;
            block[2] = next2;
            block[3] = (int) product0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
    }

    /// A uniform number above 0 and up to 1.
    static double uniform(int word) {
        return ((word & LOW) + 1) * 0x1p-32;
    }
}
