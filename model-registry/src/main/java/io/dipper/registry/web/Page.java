package io.dipper.registry.web;

import java.util.List;

/// A list as every route answers it.
public record Page<T>(List<T> data) {}
