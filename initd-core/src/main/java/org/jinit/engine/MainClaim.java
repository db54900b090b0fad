package org.jinit.engine;

/**
 * A process that a service named as its main one (MAINPID=, MAINPIDFD=), held by pidfd before anything else was looked at.
 *
 * @param process the executor's number for it; a process that is already held has its old one
 * @param alive neither dead nor a zombie
 * @param ofService it belongs to the service
 * @param forbidden it is pid 1, the keeper or the manager
 */
public record MainClaim(ProcessId process, int pid, boolean alive, boolean ofService, boolean forbidden) {}
