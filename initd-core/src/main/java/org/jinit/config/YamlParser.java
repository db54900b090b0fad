package org.jinit.config;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Optional;
import org.jinit.model.Problem;
import org.jinit.model.SourcePosition;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/** Builds the tree from the events of the YAML parser, within bounds of depth and of what aliases expand to. */
final class YamlParser {
    /** Lists and maps inside each other. */
    static final int DEPTH_MAX = 50;
    /** Nodes that aliases add to a file. */
    static final int ALIASED_MAX = 10_000;

    private static final LoadSettings SETTINGS = LoadSettings.builder().setCodePointLimit(Document.BYTES_MAX).build();

    private final String file;
    private final ProblemList problems;
    private final ArrayDeque<Open> open = new ArrayDeque<>();
    private final HashMap<Anchor, Node> anchors = new HashMap<>();
    private @Nullable Node root;
    private int aliased;

    /** A list or map that is being filled. */
    private static final class Open {
        final Node node;
        final @Nullable Anchor anchor;
        Node.@Nullable Scalar key;
        boolean expectsKey = true;

        Open(Node node, @Nullable Anchor anchor) {
            this.node = node;
            this.anchor = anchor;
        }
    }

    /** Ends the parsing; the problem is already noted. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused() {
            super("refused", null, false, false);
        }
    }

    private YamlParser(String file, ProblemList problems) {
        this.file = file;
        this.problems = problems;
    }

    /**
     * The tree of the only document, or null when there is a problem. Keys that occur twice are problems too, but the tree is given, with
     * the first of each, so that what else is wrong can be found.
     */
    static @Nullable Node parse(String file, String text, ProblemList problems) {
        YamlParser parser = new YamlParser(file, problems);
        try {
            parser.run(text);
            return parser.root;
        } catch (Refused e) {
            return null;
        } catch (MarkedYamlEngineException e) {
            parser.report(e);
        } catch (ReaderException e) {
            String cause = "character U+" + Integer.toHexString(e.getCodePoint()).toUpperCase(java.util.Locale.ROOT);
            problems.error(place(file, text, e.getPosition()), "cannot parse: " + cause + " is not allowed");
        } catch (YamlEngineException | IndexOutOfBoundsException | IllegalArgumentException e) {
            problems.error(new SourcePosition(file, 0, 0), "cannot parse: " + e.getMessage());
        }
        return null;
    }

    private void run(String text) {
        ParserImpl events = new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text));
        int documents = 0;
        while (events.hasNext()) {
            Event event = events.next();
            switch (event.getEventId()) {
                case DocumentStart -> {
                    if (++documents > 1) {
                        throw refuse(event, "cannot use a second document: a file has one", "remove the '---'");
                    }
                }
                case Scalar -> scalar((ScalarEvent) event);
                case SequenceStart -> start(event, ((SequenceStartEvent) event).getTag(), false);
                case MappingStart -> start(event, ((MappingStartEvent) event).getTag(), true);
                case SequenceEnd, MappingEnd -> end();
                case Alias -> alias((AliasEvent) event);
                case StreamStart, StreamEnd, DocumentEnd, Comment -> {
                    // nothing to build
                }
            }
        }
        if (root == null) {
            problems.error(new SourcePosition(file, 1, 1), "cannot use the file: it is empty", "write 'exec: COMMAND'");
        }
    }

    private void scalar(ScalarEvent event) {
        checkTag(event, event.getTag());
        Mark mark = mark(event);
        int line = mark.getLine() + 1;
        Node.Scalar scalar = new Node.Scalar(file, line, mark.getColumn() + 1, event.getValue(), event.isPlain());
        Anchor anchor = event.getAnchor().orElse(null);
        if (anchor != null) {
            anchors.put(anchor, scalar);
        }
        put(event, scalar);
    }

    private void start(Event event, Optional<String> tag, boolean map) {
        checkTag(event, tag);
        if (open.size() >= DEPTH_MAX) {
            throw refuse(event, tooDeep(), null);
        }
        Open top = open.peek();
        if (top != null && top.expectsKey && top.node instanceof Node.Mapping) {
            throw refuse(event, "cannot use a list or a map as key", null);
        }
        Mark mark = mark(event);
        int line = mark.getLine() + 1;
        int column = mark.getColumn() + 1;
        Node node = map ? new Node.Mapping(file, line, column) : new Node.Sequence(file, line, column);
        open.push(new Open(node, ((NodeEvent) event).getAnchor().orElse(null)));
    }

    private void end() {
        Open closed = open.pop();
        if (closed.anchor != null) {
            anchors.put(closed.anchor, closed.node);
        }
        Open top = open.peek();
        if (top == null) {
            root = closed.node;
        } else {
            add(top, closed.node);
        }
    }

    private void alias(AliasEvent event) {
        Anchor anchor = event.getAlias();
        Node node = anchors.get(anchor);
        if (node == null) {
            throw refuse(event, "cannot use alias '*" + anchor.getValue() + "': nothing before it has that anchor",
                    null);
        }
        aliased += node.size();
        if (aliased > ALIASED_MAX) {
            throw refuse(event, "cannot expand aliases to more than " + ALIASED_MAX + " values", null);
        }
        if (open.size() + node.height() > DEPTH_MAX) {
            throw refuse(event, tooDeep(), null);
        }
        put(event, node);
    }

    private void put(Event event, Node node) {
        Open top = open.peek();
        if (top == null) {
            root = node;
        } else if (top.node instanceof Node.Mapping map && top.expectsKey) {
            putKey(event, top, map, node);
        } else {
            add(top, node);
        }
    }

    private void putKey(Event event, Open top, Node.Mapping map, Node node) {
        if (!(node instanceof Node.Scalar key)) {
            throw refuse(event, "cannot use a list or a map as key", null);
        }
        Node.Scalar first = map.key(key.text);
        if (first != null) {
            Mark mark = mark(event);
            SourcePosition position = new SourcePosition(file, mark.getLine() + 1, mark.getColumn() + 1);
            String text = "cannot use key '" + Text.shown(key.text) + "' twice in one map: it is already in line "
                    + first.line;
            problems.error(position, text);
        }
        top.key = key;
        top.expectsKey = false;
    }

    private static void add(Open top, Node node) {
        if (top.node instanceof Node.Sequence list) {
            list.add(node);
        } else if (top.node instanceof Node.Mapping map) {
            Node.Scalar key = top.key;
            if (key != null && map.indexOf(key.text) < 0) {
                map.add(key, node);
            }
            top.expectsKey = true;
        }
    }

    private void checkTag(Event event, Optional<String> tag) {
        if (tag.isPresent()) {
            String text = "cannot use tag '" + Text.shown(tag.get()) + "': types follow from the keys";
            throw refuse(event, text, "remove it");
        }
    }

    private Refused refuse(Event event, String text, @Nullable String hint) {
        Mark mark = mark(event);
        SourcePosition position = new SourcePosition(file, mark.getLine() + 1, mark.getColumn() + 1);
        if (hint == null) {
            problems.error(position, text);
        } else {
            problems.error(position, text, hint);
        }
        return new Refused();
    }

    private static String tooDeep() {
        return "cannot nest lists and maps more than " + DEPTH_MAX + " deep";
    }

    private static Mark mark(Event event) {
        return event.getStartMark().orElseThrow(() -> new IllegalStateException("marks are switched off"));
    }

    private void report(MarkedYamlEngineException e) {
        Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
        Mark begun = e.getContextMark().orElse(null);
        String problem = String.valueOf(e.getProblem());
        String context = e.getContext() == null ? "" : e.getContext();
        String begin = begun == null ? "" : " that begins at " + (begun.getLine() + 1) + ":" + (begun.getColumn() + 1);
        if (problem.contains("unexpected end of stream") && context.contains("quoted scalar")) {
            add(begun, "the quote is not closed", null);
        } else if (problem.contains("TAB")) {
            add(mark, "a tab cannot stand here", "indent with spaces");
        } else if (context.contains("flow node")) {
            add(mark, "a value, ']' or '}' is missing here", null);
        } else if (context.contains("flow sequence")) {
            add(mark, "expected ',' or ']' in the list" + begin, null);
        } else if (context.contains("flow mapping")) {
            add(mark, "expected ',' or '}' in the map" + begin, null);
        } else if (problem.contains("mapping values are not allowed")) {
            add(mark, "':' cannot stand here", "quote a text that holds ': '");
        } else if (problem.contains("could not find expected ':'")) {
            add(begun, "the key has no ':' behind it", null);
        } else if (problem.contains("expected <block end>")) {
            add(mark, "the indentation does not fit, or something is not closed" + begin.replace("that", "in what"),
                    null);
        } else {
            add(mark, Text.shown(problem) + (context.isEmpty() ? "" : ", " + Text.shown(context) + begin), null);
        }
    }

    private void add(@Nullable Mark mark, String cause, @Nullable String hint) {
        SourcePosition position = mark == null
                ? new SourcePosition(file, 0, 0)
                : new SourcePosition(file, mark.getLine() + 1, mark.getColumn() + 1);
        problems.add(new Problem(Problem.Severity.ERROR, position, "cannot parse: " + cause, hint));
    }

    /** The place of a character, given by its index in code points. */
    private static SourcePosition place(String file, String text, int index) {
        int line = 1;
        int column = 1;
        int at = 0;
        for (int i = 0; i < index && at < text.length(); i++) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            column = c == '\n' ? 1 : column + 1;
            line += c == '\n' ? 1 : 0;
        }
        return new SourcePosition(file, line, column);
    }
}
