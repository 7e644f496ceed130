package io.dipper.engine;

/// What a request took.
///
/// @param cachedTokens prompt tokens whose keys and values were there already
/// @param generatedTokens the end token included
/// @param queuedNs from submission to the first step that worked on it; the whole wait if none did
public record Usage(int promptTokens, int cachedTokens, int generatedTokens, long queuedNs) {}
