package org.jinit.cli;

import org.jinit.protocol.ManagerError;

/** jinitd said no. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient ManagerError error;

    RefusedException(ManagerError error) {
        super(error.wireName());
        this.error = error;
    }

    ManagerError error() {
        return error;
    }
}
