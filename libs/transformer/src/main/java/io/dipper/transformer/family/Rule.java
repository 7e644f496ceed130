package io.dipper.transformer.family;

import io.dipper.transformer.family.Renaming.View;
import io.dipper.transformer.fold.Weight;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One line of a renaming table. In both names `{layer}`, `{expert}` and the like stand for a number.
interface Rule {

    /// The view of this weight, if the rule speaks of it. `all` has the weights that may share its tensor.
    Optional<View> view(Weight weight, Map<String, Weight> all);

    /// The weight is the tensor.
    static Rule same(String path, String tensor) {
        return (weight, _) -> bind(path, weight.path())
                .map(numbers -> whole(fill(tensor, numbers), weight.shape(), weight.columns()));
    }

    /// The tensor is the weight with one axis of length one in the middle, as a depthwise convolution is stored.
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
