package io.dipper.chat.template;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// The items of a filter such as `map`. Nothing is looked at, and so nothing fails, before an item
/// is asked for.
final class Generator implements Iterator<Object> {
    private final Budget budget;
    private final Supplier<Iterator<Object>> source;
    private final UnaryOperator<List<Object>> step;
    private Iterator<Object> items;
    private List<Object> next = List.of();

    /// @param source called once, for the first item
    /// @param step of one item, in a list, what it becomes: one, or none
    Generator(Budget budget, Supplier<Iterator<Object>> source, UnaryOperator<List<Object>> step) {
        this.budget = budget;
        this.source = source;
        this.step = step;
    }

    /// A value's items. What is false has none, even if it has no items at all, such as none.
    static Iterator<Object> itemsIfAny(Object value) {
        return Values.truth(value) ? Values.iterator(value) : Collections.emptyIterator();
    }

    @Override
    public boolean hasNext() {
        if (items == null) {
            items = source.get();
        }
        while (next.isEmpty() && items.hasNext()) {
            budget.step();
            next = step.apply(Collections.singletonList(items.next()));
        }
        return !next.isEmpty();
    }

    @Override
    public Object next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Object item = next.getFirst();
        next = List.of();
        return item;
    }
}
