package org.jinit.it;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A process, read from a proc file system. */
public record Proc(int pid, int ppid, char state, String name, List<String> args) {
    /** All of them, zombies included; one that goes away while it is read is left out. */
    static List<Proc> all(Path proc) {
        List<Proc> all = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path entry : entries) {
                read(entry, all);
            }
        } catch (IOException e) {
            return List.of();
        }
        return all;
    }

    private static void read(Path entry, List<Proc> all) {
        try {
            String stat = Files.readString(entry.resolve("stat"));
            String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            List<String> args = Arrays.asList(Files.readString(entry.resolve("cmdline")).split("\0", -1));
            int pid = Integer.parseInt(entry.getFileName().toString());
            all.add(new Proc(pid, Integer.parseInt(fields[1]), fields[0].charAt(0), name, args));
        } catch (IOException e) {
            // It ended meanwhile: then it is not one of all.
        }
    }

    public boolean zombie() {
        return state == 'Z' || state == 'X';
    }
}
