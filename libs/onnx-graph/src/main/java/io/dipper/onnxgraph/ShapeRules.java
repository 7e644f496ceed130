package io.dipper.onnxgraph;

import java.util.ArrayList;
import java.util.List;

/// How the shapes of operands make the shape of a result.
final class ShapeRules {
    private static final Dimension ONE = new Dimension.Fixed(1);

    private ShapeRules() {}

    /// Whether two dimensions can never be equal: what is not fixed may turn out to be anything.
    static boolean differ(Dimension a, Dimension b) {
        return a instanceof Dimension.Fixed && b instanceof Dimension.Fixed && !a.equals(b);
    }

    static Shape broadcast(String op, Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        var result = new ArrayList<Dimension>();
        for (int i = 0; i < rank; i++) {
            var x = i < rank - a.rank() ? ONE : a.get(i - rank + a.rank());
            var y = i < rank - b.rank() ? ONE : b.get(i - rank + b.rank());
            if (differ(x, y) && !x.equals(ONE) && !y.equals(ONE)) {
                throw new IllegalArgumentException(op + " of " + a + " and " + b);
            }
            result.add(broadcast(x, y));
        }
        return new Shape(result);
    }

    private static Dimension broadcast(Dimension x, Dimension y) {
        if (x.equals(y) || y.equals(ONE)) {
            return x;
        }
        if (x.equals(ONE)) {
            return y;
        }
        if (x instanceof Dimension.Fixed) {
            return x;
        }
        return y instanceof Dimension.Fixed ? y : Dimension.UNKNOWN;
    }

    /// Matrices in the last two dimensions, batches before them.
    static Shape matMul(Shape a, Shape b) {
        if (a.rank() < 2 || b.rank() < 2 || differ(a.get(-1), b.get(-2))) {
            throw new IllegalArgumentException("MatMul of " + a + " and " + b);
        }
        var batches = broadcast("MatMul", batches(a), batches(b));
        var result = new ArrayList<>(batches.dimensions());
        result.add(a.get(-2));
        result.add(b.get(-1));
        return new Shape(result);
    }

    private static Shape batches(Shape shape) {
        return new Shape(shape.dimensions().subList(0, shape.rank() - 2));
    }

    static Shape concat(int axis, List<Shape> shapes) {
        var first = shapes.getFirst();
        int at = first.index(axis);
        var result = new ArrayList<>(first.dimensions());
        for (var shape : shapes.subList(1, shapes.size())) {
            for (int i = 0; i < first.rank(); i++) {
                if (shape.rank() != first.rank() || (i != at && differ(first.get(i), shape.get(i)))) {
                    throw new IllegalArgumentException("Concat along axis " + axis + " of " + shapes);
                }
            }
            result.set(at, sum(result.get(at), shape.get(at)));
        }
        return new Shape(result);
    }

    private static Dimension sum(Dimension a, Dimension b) {
        return a instanceof Dimension.Fixed x && b instanceof Dimension.Fixed y
                ? new Dimension.Fixed(x.size() + y.size())
                : Dimension.UNKNOWN;
    }
}
