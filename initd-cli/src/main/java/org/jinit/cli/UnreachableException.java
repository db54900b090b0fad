package org.jinit.cli;

import java.io.IOException;

/** There is no talking to jinitd. */
final class UnreachableException extends IOException {
    private static final long serialVersionUID = 1;

    UnreachableException(String text) {
        super(text);
    }
}
