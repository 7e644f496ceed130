package io.dipper.onnxgraph;

/// One dimension of a tensor: a number, a name that stands for the same number wherever it is used,
/// or not known before the run.
public sealed interface Dimension {
    Dimension UNKNOWN = new Unknown();

    record Fixed(long size) implements Dimension {
        public Fixed {
            if (size < 0) {
                throw new IllegalArgumentException("dimension of size " + size);
            }
        }

        @Override
        public String toString() {
            return Long.toString(size);
        }
    }

    record Symbol(String name) implements Dimension {
        public Symbol {
            if (name.isBlank()) {
                throw new IllegalArgumentException("symbolic dimension without a name");
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    record Unknown() implements Dimension {
        @Override
        public String toString() {
            return "?";
        }
    }
}
