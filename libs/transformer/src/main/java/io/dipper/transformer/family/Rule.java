package io.dipper.transformer.family;

import io.dipper.transformer.family.Renaming.View;
import io.dipper.transformer.fold.Weight;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/// One line of a renaming table. In both names `{layer}`, `{expert}` and the like stand for a
/// number.
interface Rule {

    /// The view of this weight, if the rule speaks of it. `all` has the weights that may share its
    /// tensor.
    Optional<View> view(Weight weight, Map<String, Weight> all);

    /// The weight is the tensor.
    static Rule same(String path, String tensor) {
        return (weight, _) -> bind(path, weight.path())
                .map(numbers -> whole(fill(tensor, numbers), weight.shape(), weight.columns()));
    }

    /// The tensor is the weight with one axis of length one in the middle, as a depthwise
    /// convolution is stored.
    static Rule convolution(String path, String tensor) {
        return (weight, _) -> bind(path, weight.path())
                .map(numbers -> whole(
                        fill(tensor, numbers),
                        List.of(weight.shape().getFirst(), 1, weight.shape().getLast()),
                        weight.columns()));
    }

    /// The tensor has inputs as rows and outputs as columns.
    static Rule transposed(String path, String tensor) {
        return stackedColumns(tensor, path);
    }

    /// The tensor is these weights, rows under rows.
    static Rule stackedRows(String tensor, String... paths) {
        return (weight, all) -> stack(weight, all, paths).map(stack -> {
            List<Integer> shape = new ArrayList<>(weight.shape());
            shape.set(0, stack.rows());
            return new View(
                    fill(tensor, stack.numbers()),
                    shape,
                    (long) stack.rowsBefore() * weight.columns(),
                    weight.columns(),
                    1);
        });
    }

    /// The tensor is these weights, transposed, columns beside columns.
    static Rule stackedColumns(String tensor, String... paths) {
        return (weight, all) -> stack(weight, all, paths)
                .map(stack -> new View(
                        fill(tensor, stack.numbers()),
                        weight.shape().size() == 1 ? List.of(stack.rows()) : List.of(weight.columns(), stack.rows()),
                        stack.rowsBefore(),
                        1,
                        stack.rows()));
    }

    /// The tensor is one weight of every expert, transposed.
    static Rule expertsTransposed(String path, String tensor) {
        return experts(path, tensor, (weight, experts) -> {
            long size = weight.elements();
            return new Slice(List.of(experts, weight.columns(), weight.rows()), size, 0, 1, weight.rows());
        });
    }

    /// The tensor is two weights of every expert, transposed, the columns of the one before those
    /// of the other.
    static Rule expertsHalf(String path, String tensor, Half half) {
        return experts(path, tensor, (weight, experts) -> {
            int across = 2 * weight.rows();
            return new Slice(
                    List.of(experts, weight.columns(), across),
                    2 * weight.elements(),
                    half == Half.FIRST ? 0 : weight.rows(),
                    1,
                    across);
        });
    }

    /// The tensor is two weights or biases of every expert, transposed, the columns of both by
    /// turns.
    static Rule expertsByTurns(String path, String tensor, Half half) {
        return experts(path, tensor, (weight, experts) -> {
            int across = 2 * weight.rows();
            List<Integer> shape =
                    weight.shape().size() == 1 ? List.of(experts, across) : List.of(experts, weight.columns(), across);
            return new Slice(shape, 2 * weight.elements(), half == Half.FIRST ? 0 : 1, 2, across);
        });
    }

    /// The tensor is one bias of every expert.
    static Rule expertBiases(String path, String tensor) {
        return experts(
                path, tensor, (weight, experts) -> new Slice(List.of(experts, weight.rows()), weight.rows(), 0, 1, 1));
    }

    enum Half {
        FIRST,
        SECOND
    }

    /// Where the first expert's weight lies in a tensor of all experts, and how far the next
    /// expert's is.
    record Slice(List<Integer> shape, long perExpert, long offset, long rowStride, long columnStride) {}

    private static Rule experts(String path, String tensor, BiFunction<Weight, Integer, Slice> layout) {
        return (weight, all) -> bind(path, weight.path()).map(numbers -> {
            String router = fill("layers.{layer}.mlp.router", numbers);
            Slice slice = layout.apply(weight, all.get(router).rows());
            int expert = Integer.parseInt(numbers.get("{expert}"));
            return new View(
                    fill(tensor, numbers),
                    slice.shape(),
                    expert * slice.perExpert() + slice.offset(),
                    slice.rowStride(),
                    slice.columnStride());
        });
    }

    private static View whole(String tensor, List<Integer> shape, int columns) {
        return new View(tensor, shape, 0, columns, 1);
    }

    record Stack(Map<String, String> numbers, int rowsBefore, int rows) {}

    private static Optional<Stack> stack(Weight weight, Map<String, Weight> all, String... paths) {
        for (String path : paths) {
            Optional<Map<String, String>> numbers = bind(path, weight.path());
            if (numbers.isPresent()) {
                int before = 0;
                int rows = 0;
                for (String sibling : paths) {
                    before = sibling.equals(path) ? rows : before;
                    rows += all.get(fill(sibling, numbers.get())).rows();
                }
                return Optional.of(new Stack(numbers.get(), before, rows));
            }
        }
        return Optional.empty();
    }

    /// The numbers that make the template equal to the path.
    static Optional<Map<String, String>> bind(String template, String path) {
        Map<String, String> numbers = new HashMap<>();
        int at = 0;
        int in = 0;
        while (at < template.length() && in < path.length()) {
            if (template.charAt(at) != '{') {
                if (template.charAt(at++) != path.charAt(in++)) {
                    return Optional.empty();
                }
                continue;
            }
            int end = in;
            while (end < path.length() && Character.isDigit(path.charAt(end))) {
                end++;
            }
            int close = template.indexOf('}', at) + 1;
            if (end == in) {
                return Optional.empty();
            }
            numbers.put(template.substring(at, close), path.substring(in, end));
            at = close;
            in = end;
        }
        return at == template.length() && in == path.length() ? Optional.of(numbers) : Optional.empty();
    }

    static String fill(String template, Map<String, String> numbers) {
        String filled = template;
        for (var number : numbers.entrySet()) {
            filled = filled.replace(number.getKey(), number.getValue());
        }
        return filled;
    }
}
