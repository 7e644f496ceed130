package io.dipper.servicesupport.http;

import org.springframework.web.server.ServerWebExchange;

/// Who a request's key belongs to.
///
/// @param id never secret: a key's public id, or `service`
public record Caller(String id, Role role) {

    public enum Role {
        USER,
        ADMIN,
        SERVICE
    }

    public static final Caller SERVICE = new Caller("service", Role.SERVICE);

    private static final String KEY = Caller.class.getName();

    /// The caller whom [BearerFilter] let in.
    ///
    /// @throws IllegalStateException on open paths, which have no caller
    public static Caller of(ServerWebExchange exchange) {
        Caller caller = exchange.getAttribute(KEY);
        if (caller == null) {
            throw new IllegalStateException("no caller: this path is open");
        }
        return caller;
    }

    public boolean mayAdminister() {
        return role != Role.USER;
    }

    void attachTo(ServerWebExchange exchange) {
        exchange.getAttributes().put(KEY, this);
    }
}
