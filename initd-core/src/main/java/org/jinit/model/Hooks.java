package org.jinit.model;

import java.util.List;

/** The commands that run one after the other before the main process, after readiness, and after the end. */
public record Hooks(List<Hook> beforeStart, List<Hook> afterStart, List<Hook> afterStop) {
    public static final Hooks NONE = new Hooks(List.of(), List.of(), List.of());

    public Hooks {
        beforeStart = List.copyOf(beforeStart);
        afterStart = List.copyOf(afterStart);
        afterStop = List.copyOf(afterStop);
    }
}
