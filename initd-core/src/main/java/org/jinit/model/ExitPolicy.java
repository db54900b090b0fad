package org.jinit.model;

import org.jspecify.annotations.Nullable;

/** jinitd ends with this service. @param code 0 to 255, null: the service's own (128 + signal when a signal ended it) */
public record ExitPolicy(When when, @Nullable Integer code) {
    /** Which end of the service ends jinitd. */
    public enum When {
        ENDS,
        FAILS
    }
}
