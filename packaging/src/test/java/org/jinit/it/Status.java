package org.jinit.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One element of {@code status --json}. */
public record Status(Map<String, @Nullable Object> fields) {
    public String name() {
        return text("name");
    }

    public String state() {
        return text("state");
    }

    public String desired() {
        return text("desired");
    }

    public String result() {
        return text("result");
    }

    public String cause() {
        return text("cause");
    }

    /** 0 when there is none. */
    public int mainPid() {
        return number("mainPid");
    }

    public int restarts() {
        return number("restarts");
    }

    /** The pids of its processes. */
    public List<Integer> processes() {
        List<Integer> pids = new ArrayList<>();
        if (fields.get("processes") instanceof List<?> list) {
            for (Object pid : list) {
                pids.add(Math.toIntExact((Long) pid));
            }
        }
        return pids;
    }

    /** The text of a field, empty when it is null or missing. */
    public String text(String name) {
        Object value = fields.get(name);
        return value == null ? "" : value.toString();
    }

    /** The number of a field, 0 when it is null or missing. */
    public int number(String name) {
        return fields.get(name) instanceof Long value ? Math.toIntExact(value) : 0;
    }
}
