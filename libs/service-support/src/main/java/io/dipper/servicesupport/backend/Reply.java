package io.dipper.servicesupport.backend;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import reactor.core.publisher.Flux;

/// A backend's answer, whose body has not been read yet. An event stream has `text/event-stream` as
/// its content type.
public record Reply(HttpStatusCode status, HttpHeaders headers, Flux<DataBuffer> body) {}
