package io.dipper.inference.host;

/// Who works with what a model holds for them. It is given back when it is closed and the last of them is
/// done: an answer that the engine has finished still needs its tokenizer until the client has it.
final class SharedUse {
    private final Runnable giveBack;
    private int users;
    private boolean closed;
    private boolean isGivenBack;

    SharedUse(Runnable giveBack) {
        this.giveBack = giveBack;
    }

    /// False if it is closed; who gets true says [#end] once.
    synchronized boolean begin() {
        if (closed) {
            return false;
        }
        users++;
        return true;
    }

    void end() {
        synchronized (this) {
            users--;
        }
        giveBackIfUnused();
    }

    /// Takes no one more. Does not wait; may be called twice.
    void close() {
        synchronized (this) {
            closed = true;
        }
        giveBackIfUnused();
    }

    private void giveBackIfUnused() {
        synchronized (this) {
            if (!closed || users > 0 || isGivenBack) {
                return;
            }
            isGivenBack = true;
        }
        giveBack.run();
    }
}
