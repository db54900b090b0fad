package org.jinit.daemon;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jinit.linux.Linux;
import org.jinit.model.Execution;
import org.jspecify.annotations.Nullable;

/**
 * Numbers of users and groups, from /etc/passwd and /etc/group, for directories that are made for a service. The keeper's child, which may
 * wait for a name service, looks up the account that it runs as; here a name that is in no file needs its number.
 */
final class Accounts {
    /** Owner of what is made; -1: stays jinitd's own. */
    record Ids(int uid, int gid) {}

    private final Linux linux;

    Accounts(Linux linux) {
        this.linux = linux;
    }

    Ids find(Execution execution) throws IOException {
        if (linux.effectiveUid() != 0 || (execution.user() == null && execution.group() == null)) {
            return new Ids(-1, -1);
        }
        int uid = -1;
        int gid = -1;
        if (execution.user() != null) {
            String[] entry = entry("/etc/passwd", execution.user());
            uid = entry == null ? number(execution.user(), "user") : Integer.parseInt(entry[2]);
            gid = entry == null ? -1 : Integer.parseInt(entry[3]);
        }
        if (execution.group() != null) {
            String[] entry = entry("/etc/group", execution.group());
            gid = entry == null ? number(execution.group(), "group") : Integer.parseInt(entry[2]);
        }
        return new Ids(uid, gid);
    }

    private static int number(String name, String what) throws IOException {
        try {
            return Integer.parseInt(name);
        } catch (NumberFormatException e) {
            throw new IOException("there is no " + what + " " + name, e);
        }
    }

    /** By name or number. */
    private static String @Nullable [] entry(String file, String name) throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(Path.of(file), StandardCharsets.ISO_8859_1)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String[] fields = line.split(":", -1);
                if (fields.length >= 4 && (fields[0].equals(name) || fields[2].equals(name))) {
                    return fields;
                }
            }
        }
        return null;
    }
}
