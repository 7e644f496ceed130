package io.dipper.servicesupport.backend;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/// A client's request as a backend gets it.
///
/// @param path with its query, as the client sent it
/// @param headers those that may be passed on; never the client's key
/// @param body the client's bytes, unchanged
/// @param model that the body names
/// @param stream whether the body asks for an event stream
public record Call(
        HttpMethod method,
        String path,
        HttpHeaders headers,
        byte[] body,
        String requestId,
        String model,
        boolean stream) {

    @Override
    public String toString() {
        return "Call[" + method + " " + path + ", " + model + (stream ? ", streamed]" : "]");
    }
}
