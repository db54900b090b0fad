package org.jinit.simulate;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jinit.engine.Event.ProbeUse;
import org.jinit.engine.RunId;
import org.jinit.model.ServiceDefinition;
import org.jspecify.annotations.Nullable;

/** What the executor and the kernel have of one run: its processes (as by cgroup or tag), sockets, pipes, probes. */
final class SimRun {
    final RunId id;
    final ServiceDefinition definition;
    final SimRandom random;
    final SimKernel.Listener manager;
    final List<SimProcess> alive = new ArrayList<>(2);
    final Map<ProbeUse, EventQueue.Entry> probes = new EnumMap<>(ProbeUse.class);
    /** The process that was launched as the main one. */
    @Nullable SimProcess launched;

    @Nullable SimProcess lastChild;
    /** What the pid file says: a process, or garbage when written and null. */
    @Nullable SimProcess pidFileNames;

    boolean pidFileWritten;
    boolean awaitsEmpty;
    boolean findsMain;
    boolean pipeOpen;
    boolean released;
    int stored;
    /** Datagrams of one socket arrive in their order. */
    long socketNanos;

    SimRun(RunId id, ServiceDefinition definition, SimRandom random, SimKernel.Listener manager) {
        this.manager = manager;
        this.id = id;
        this.definition = definition;
        this.random = random;
    }
}
