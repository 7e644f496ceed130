package io.dipper.chat.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/// The `loop` of a for statement. Items are taken when they are needed, as a condition may depend
/// on what the body did.
final class Loop {
    private final Iterator<Object> source;
    private final List<Object> ahead = new ArrayList<>();
    private final int depth;
    private final Function recursion;
    private int index0 = -1;
    private Object previous;
    private Object current;
    private Object lastChanged;
    private boolean hasChanged;

    /// @param recursion what calling `loop` does; null if the loop is not recursive
    Loop(Iterator<Object> source, int depth, Function recursion) {
        this.source = source;
        this.depth = depth;
        this.recursion = recursion;
    }

    boolean advance() {
        if (!peek()) {
            return false;
        }
        previous = current;
        current = ahead.removeFirst();
        index0++;
        return true;
    }

    Object current() {
        return current;
    }

    int depth() {
        return depth;
    }

    Function recursion() {
        return recursion;
    }

    Object member(String name) {
        return switch (name) {
            case "index" -> index0 + 1L;
            case "index0" -> (long) index0;
            case "first" -> index0 == 0;
            case "last" -> !peek();
            case "length" -> length();
            case "revindex" -> length() - index0;
            case "revindex0" -> length() - index0 - 1;
            case "previtem" -> index0 == 0 ? Undefined.name("there is no previous item") : previous;
            case "nextitem" -> peek() ? ahead.getFirst() : Undefined.name("there is no next item");
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "cycle" ->
                (Function) (arguments, named) -> {
                    if (arguments.isEmpty()) {
                        throw TemplateException.type("no items for cycling given");
                    }
                    return arguments.get(index0 % arguments.size());
                };
            case "changed" -> (Function) (arguments, named) -> changed(Tuple.of(arguments.toArray()));
            default -> Undefined.member(this, name);
        };
    }

    @Override
    public String toString() {
        return "<LoopContext " + (index0 + 1) + "/" + length() + ">";
    }

    private boolean changed(Tuple value) {
        boolean changed = !hasChanged || !Values.equal(lastChanged, value, new Budget());
        hasChanged = true;
        lastChanged = value;
        return changed;
    }

    private boolean peek() {
        if (ahead.isEmpty() && source.hasNext()) {
            ahead.add(source.next());
        }
        return !ahead.isEmpty();
    }

    private long length() {
        while (source.hasNext()) {
            ahead.add(source.next());
        }
        return index0 + 1L + ahead.size();
    }
}
