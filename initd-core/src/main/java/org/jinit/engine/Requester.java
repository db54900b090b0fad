package org.jinit.engine;

/** Who asked: the peer of the control connection (SO_PEERCRED). @param pid for people to read only */
public record Requester(int uid, int pid) {}
