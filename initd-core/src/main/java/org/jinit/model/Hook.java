package org.jinit.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A command around the life of the main process. Without a timeout of its own the phase's timeout bounds it. */
public record Hook(Command exec, boolean ignoreFailure, @Nullable Duration timeout) {}
