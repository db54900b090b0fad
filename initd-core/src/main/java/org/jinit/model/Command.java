package org.jinit.model;

import java.util.List;

/** An argument vector as written: not yet expanded ({@code ${VAR}} is replaced when the command is started). Never empty. */
public record Command(List<String> argv, SourcePosition position) {
    public Command {
        argv = List.copyOf(argv);
        if (argv.isEmpty()) {
            throw new IllegalArgumentException("a command needs a program");
        }
    }
}
