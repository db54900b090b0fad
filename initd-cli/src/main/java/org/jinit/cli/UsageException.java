package org.jinit.cli;

/** The command line makes no sense; the message says what to do. */
final class UsageException extends Exception {
    private static final long serialVersionUID = 1;

    UsageException(String text) {
        super(text);
    }
}
