package io.dipper.operators.cuda;

import java.util.TreeMap;

public class Diag {
    static final int[][] MIXED = {{40, 1}, {0, 33}, {200, 1}, {130, 70}, {0, 2}};

    public static void main(String[] args) {
        try (CudaCard card = CudaCard.open(0)) {
            for (int k = 0; k < 6; k++) {
                var a = new AttentionCase(4, 2, 64);
                a.chunk = 48;
                one("chunk", a.rows(MIXED), card, 4, 64);
                var b = new AttentionCase(8, 2, 256);
                b.softcap = 5f;
                b.window = 33;
                b.sinks = true;
                one("soft", b.rows(MIXED), card, 8, 256);
                var c = new AttentionCase(4, 2, 64);
                c.window = 50;
                one("window", c.rows(MIXED), card, 4, 64);
            }
        }
    }

    static void one(String name, AttentionCase c, CudaCard card, int heads, int dim) {
        float[] e = c.run(null).out();
        float[] o = c.run(card).out();
        var bad = new TreeMap<String, Float>();
        for (int i = 0; i < e.length; i++) {
            if (!(Math.abs(e[i] - o[i]) < 0.08)) {
                int token = i / (heads * dim);
                bad.merge("%03d/%d".formatted(token, i % (heads * dim) / dim), Math.abs(e[i] - o[i]), Math::max);
            }
        }
        System.out.println(name + " " + bad);
    }
}
