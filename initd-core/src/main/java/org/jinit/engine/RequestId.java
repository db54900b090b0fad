package org.jinit.engine;

/** One request; it gets exactly one reply. */
public record RequestId(long value) {}
