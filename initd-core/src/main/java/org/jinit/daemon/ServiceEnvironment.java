package org.jinit.daemon;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jinit.model.Environment;
import org.jinit.model.ServiceDefinition;

/** Puts a service's environment together: inherited, then its files, then its variables, then what jinit tells it. */
final class ServiceEnvironment {
    private static final List<String> ACCOUNT = List.of("HOME", "USER", "LOGNAME", "SHELL");

    private ServiceEnvironment() {}

    /**
     * What the definition asks for; jinit's own names are added for each process.
     *
     * @param files the contents of the environment files, in their order
     */
    static Map<String, String> of(Map<String, String> base, ServiceDefinition definition,
            List<Map<String, String>> files)
            throws Expansion.Failure {
        Environment asked = definition.environment();
        Map<String, String> out = new LinkedHashMap<>();
        if (!asked.clear()) {
            out.putAll(base);
        }
        if (definition.execution().user() != null) {
            // They are the account's, and the keeper adds them; jinitd's own would be another user's.
            out.keySet().removeAll(ACCOUNT);
        }
        for (Map<String, String> file : files) {
            out.putAll(file);
        }
        for (Map.Entry<String, String> variable : asked.variables().entrySet()) {
            out.put(variable.getKey(), Expansion.word(variable.getValue(), out));
        }
        String path = base.get("PATH");
        if (path != null) {
            out.putIfAbsent("PATH", path);
        }
        return out;
    }

    /** NAME=value each. */
    static List<String> assignments(Map<String, String> variables) {
        List<String> out = new ArrayList<>(variables.size());
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            out.add(variable.getKey() + "=" + variable.getValue());
        }
        return out;
    }
}
