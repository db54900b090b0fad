package org.jinit.daemon.control;

import org.jinit.engine.Requester;
import org.jinit.linux.PeerCredentials;

/** Who may talk to jinitd: root, and whoever jinitd itself runs as. */
final class Peer {
    private static final int ROOT = 0;

    private Peer() {}

    static boolean isPermitted(PeerCredentials peer, int ownUid) {
        return peer.uid() == ROOT || peer.uid() == ownUid;
    }

    static Requester requester(PeerCredentials peer) {
        return new Requester(peer.uid(), peer.pid());
    }
}
