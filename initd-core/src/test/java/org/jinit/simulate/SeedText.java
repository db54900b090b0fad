package org.jinit.simulate;

import org.jinit.model.Dependencies.Reference;
import org.jinit.model.ServiceDefinition;

/** Definitions in one line, for the report of a seed. */
final class SeedText {
    private SeedText() {}

    static String of(ServiceDefinition d) {
        StringBuilder text = new StringBuilder();
        text.append(d.name()).append(' ').append(d.type()).append(d.enabled() ? "" : " disabled");
        edges(text, " requires", d.dependencies().requires());
        edges(text, " wants", d.dependencies().wants());
        edges(text, " after", d.dependencies().after());
        edges(text, " before", d.dependencies().before());
        edges(text, " conflicts", d.dependencies().conflicts());
        edges(text, " part-of", d.dependencies().partOf());
        text.append(" ready=").append(d.readiness()).append(" restart=").append(d.restart());
        text.append(" stop=").append(d.stop()).append(" timeouts=").append(d.timeouts());
        if (d.pidFile() != null) {
            text.append(" pid-file");
        }
        text.append(" hooks=").append(d.hooks().beforeStart().size()).append('/');
        text.append(d.hooks().afterStart().size()).append('/').append(d.hooks().afterStop().size());
        text.append(" reload=").append(d.reload()).append(" health=").append(d.health());
        text.append(" access=").append(d.notifyAccess()).append(" fdStore=").append(d.fdStore());
        text.append(" exit=").append(d.exit()).append(" conditions=").append(d.conditions().size());
        return text.toString();
    }

    private static void edges(StringBuilder text, String kind, java.util.List<Reference> edges) {
        if (!edges.isEmpty()) {
            text.append(kind).append(' ').append(edges.stream().map(Reference::name).toList());
        }
    }
}
