package org.jinit.linux;

/** Who is at the other end of a unix socket. @param pid for people to read, 0 when it is of another pid namespace */
public record PeerCredentials(int pid, int uid, int gid) {}
