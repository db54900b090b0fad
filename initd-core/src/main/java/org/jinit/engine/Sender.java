package org.jinit.engine;

import org.jspecify.annotations.Nullable;

/**
 * Who sent a notify message, as the kernel told it (SCM_CREDENTIALS, SCM_PIDFD).
 *
 * @param process the process when it is one that jinit holds (main, hook), else null
 * @param ofService whether it is (or, when it is gone, was) a process of the service
 * @param pid for people to read only
 */
public record Sender(@Nullable ProcessId process, boolean ofService, int uid, int pid) {}
