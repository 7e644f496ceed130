package io.dipper.inference.web;

/// The client hung up: what is left of its answer is not wanted.
public final class ClientGoneException extends Exception {
    public ClientGoneException() {
        super("the client has hung up", null, false, false);
    }
}
