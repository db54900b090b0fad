package org.jinit.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a process of the service is given before it is executed. Null means: as jinitd has it.
 *
 * @param user name or number
 * @param group name or number; null with a user: the user's own
 * @param groups supplementary groups; null with a user: those of the user database
 * @param directory working directory; null: {@code /}
 * @param umask 0 to 0777
 * @param nice -20 to 19
 * @param oomScoreAdjust -1000 to 1000
 */
public record Execution(
        @Nullable String user,
        @Nullable String group,
        @Nullable List<String> groups,
        @Nullable String directory,
        @Nullable Integer umask,
        @Nullable Integer nice,
        @Nullable Integer oomScoreAdjust,
        boolean noNewPrivileges,
        Limits limits) {
    public static final Execution DEFAULT =
            new Execution(null, null, null, null, null, null, null, false, Limits.NONE);
}
