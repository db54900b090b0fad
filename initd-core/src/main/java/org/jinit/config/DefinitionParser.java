package org.jinit.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jinit.model.Problem;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.model.SourcePosition;
import org.jspecify.annotations.Nullable;

/** From what was read to definitions; no I/O. All problems of all files are found, none stops the search. */
public final class DefinitionParser {
    /** Services of one reading. */
    static final int SERVICES_MAX = 20_000;
    /** What a template without boot instances is checked with: fits where a name, a number or a path is wanted. */
    private static final String SAMPLE = "1";

    private final Node.@Nullable Mapping defaults;
    private final ProblemList problems = new ProblemList();
    /** By name, {@code web@} for a template. */
    private final TreeMap<String, Declaration> declared = new TreeMap<>();
    private final HashMap<String, List<Node.Mapping>> dropIns = new HashMap<>();
    private final TreeMap<ServiceName, ServiceDefinition> services = new TreeMap<>();
    private final TreeMap<String, Definitions.Template> templates = new TreeMap<>();
    private final TreeSet<String> broken = new TreeSet<>();
    private boolean tooMany;

    /** A service or template as one file declares it. {@code at}: its name's place, or the beginning of the file. */
    private record Declaration(String name, Node at, Node.Mapping map) {
        boolean isTemplate() {
            return name.endsWith("@");
        }
    }

    private DefinitionParser(Node.@Nullable Mapping defaults) {
        this.defaults = defaults;
    }

    /** Definitions without manager's defaults. */
    public static Definitions parse(Reading reading) {
        return parse(reading, ManagerConfig.DEFAULT);
    }

    /** Definitions, with the manager's {@code defaults} under them. The manager's own problems are not repeated. */
    public static Definitions parse(Reading reading, ManagerConfig manager) {
        return new DefinitionParser(manager.defaults()).run(reading);
    }

    private Definitions run(Reading reading) {
        problems.addAll(reading.problems());
        broken.addAll(reading.unreadable());
        for (SourceFile file : reading.definitions()) {
            declare(file);
        }
        for (Reading.DropIn dropIn : reading.dropIns()) {
            addDropIn(dropIn);
        }
        for (Declaration declaration : declared.values()) {
            if (declaration.isTemplate()) {
                template(declaration);
            } else {
                service(declaration);
            }
        }
        String digest = digest();
        // The templates keep this parser for their instances; the trees of everything else are not needed any more.
        declared.clear();
        return new Definitions(services, templates, broken, problems.sorted(), digest);
    }

    private String digest() {
        Digest digest = new Digest();
        for (ServiceDefinition definition : services.values()) {
            digest.add(definition.digest());
        }
        for (Declaration declaration : declared.values()) {
            if (declaration.isTemplate()) {
                digest.add(declaration.name());
                Merge.digest(merged(declaration, null), digest);
            }
        }
        return digest.hex();
    }

    private void declare(SourceFile file) {
        String name = nameOf(file.path());
        int errors = problems.errors();
        Node root = Document.parse(file, problems);
        Node.Mapping map = root == null ? null : asMap(root, name);
        if (problems.errors() > errors) {
            broken.add(name);
        }
        if (map == null) {
            return;
        }
        if (map.indexOf("services") >= 0) {
            declareAll(map, file.path());
        } else if (ServiceName.isValid(name) || ServiceNames.isTemplate(name)) {
            declare(new Declaration(name, map, map));
        } else {
            String text = "cannot use the file: '" + Text.shown(name) + "' is no service name";
            problems.error(new SourcePosition(file.path(), 0, 0), text, ServiceNames.hint(name));
        }
    }

    /** The file's name without directory and {@code .yaml}. */
    static String nameOf(String path) {
        String base = path.substring(path.lastIndexOf('/') + 1);
        return base.endsWith(".yaml") ? base.substring(0, base.length() - 5) : base;
    }

    private Node.@Nullable Mapping asMap(Node root, String name) {
        if (root instanceof Node.Mapping map) {
            return map;
        }
        boolean empty = root instanceof Node.Scalar scalar && scalar.isNull();
        String cause = empty ? "it is empty" : "it must hold a map of keys, not " + root.kind();
        problems.error(root.position(), "cannot define " + subject(name) + ": " + cause, "write 'exec: COMMAND'");
        return null;
    }

    private static String subject(String name) {
        return (name.endsWith("@") ? "template " : "service ") + Text.shown(name);
    }

    /** A file with {@code services:} at its top. */
    private void declareAll(Node.Mapping file, String path) {
        for (Node.Scalar key : file.keys) {
            if (!key.text.equals("services")) {
                String text = "cannot use key '" + Text.shown(key.text) + "' in " + path
                        + ": beside 'services' there is no other";
                problems.error(key.position(), text, "move it into one of the services");
            }
        }
        Node all = file.get("services");
        if (!(all instanceof Node.Mapping map)) {
            Node at = all == null ? file : all;
            problems.error(at.position(),
                    "cannot use 'services': it must be a map of names to services, not " + at.kind());
            return;
        }
        for (int i = 0; i < map.keys.size(); i++) {
            Node.Scalar key = map.keys.get(i);
            if (!ServiceName.isValid(key.text) && !ServiceNames.isTemplate(key.text)) {
                String text = "cannot define a service: '" + Text.shown(key.text) + "' is no service name";
                problems.error(key.position(), text, ServiceNames.hint(key.text));
                continue;
            }
            Node.Mapping service = asMap(map.values.get(i), key.text);
            if (service == null) {
                broken.add(key.text);
            } else {
                declare(new Declaration(key.text, key, service));
            }
        }
    }

    private void declare(Declaration declaration) {
        Declaration first = declared.get(declaration.name());
        if (first != null) {
            String text = "cannot define " + subject(declaration.name()) + " twice: it is already defined at "
                    + first.at().position();
            problems.error(declaration.at().position(), text, "remove one of them, or make it a drop-in");
        } else if (declared.size() < SERVICES_MAX) {
            declared.put(declaration.name(), declaration);
        } else if (!tooMany) {
            tooMany = true;
            String text = "cannot define more than " + SERVICES_MAX + " services";
            problems.error(declaration.at().position(), text);
        }
    }

    private void addDropIn(Reading.DropIn dropIn) {
        Node root = Document.parse(dropIn.file(), problems);
        if (root == null) {
            broken.add(dropIn.target());
            return;
        }
        if (!(root instanceof Node.Mapping map)) {
            String text = "cannot use drop-in for " + subject(dropIn.target()) + ": it must hold a map of keys, not "
                    + root.kind();
            problems.error(root.position(), text);
            return;
        }
        if (!isDefined(dropIn.target())) {
            String text =
                    "cannot use drop-in for " + subject(dropIn.target()) + ": that is not defined; this is ignored";
            Problem warning = Problem.warning(new SourcePosition(dropIn.file().path(), 0, 0), text);
            String near = Suggestion.of(dropIn.target(), declared.keySet());
            problems.add(near == null ? warning : warning.withHint(near));
            return;
        }
        dropIns.computeIfAbsent(dropIn.target(), _ -> new ArrayList<>(2)).add(map);
    }

    private boolean isDefined(String name) {
        int at = name.indexOf('@');
        return declared.containsKey(name)
                || broken.contains(name)
                || (at >= 0 && declared.containsKey(name.substring(0, at + 1)));
    }

    /** Defaults, declaration, drop-ins of the template, drop-ins of the instance: the later beats the earlier. */
    private Node.Mapping merged(Declaration declaration, @Nullable String instanceName) {
        Node.Mapping map = defaults == null ? declaration.map() : Merge.merge(defaults, declaration.map());
        map = withDropIns(map, declaration.name());
        return instanceName == null ? map : withDropIns(map, instanceName);
    }

    private Node.Mapping withDropIns(Node.Mapping map, String name) {
        Node.Mapping merged = map;
        List<Node.Mapping> above = dropIns.get(name);
        if (above != null) {
            for (Node.Mapping dropIn : above) {
                merged = Merge.merge(merged, dropIn);
            }
        }
        return merged;
    }

    private List<String> files(Declaration declaration, @Nullable String instanceName) {
        List<Node.Mapping> own = dropIns.get(declaration.name());
        List<Node.Mapping> more = instanceName == null ? null : dropIns.get(instanceName);
        if (own == null && more == null) {
            return List.of(declaration.map().file);
        }
        ArrayList<String> files = new ArrayList<>();
        files.add(declaration.map().file);
        for (Node.Mapping dropIn : own == null ? List.<Node.Mapping>of() : own) {
            files.add(dropIn.file);
        }
        for (Node.Mapping dropIn : more == null ? List.<Node.Mapping>of() : more) {
            files.add(dropIn.file);
        }
        return files;
    }

    private void service(Declaration declaration) {
        Node.Mapping map = merged(declaration, null);
        Context context = new Context(problems, subject(declaration.name()));
        Node.Scalar instances = map.key("instances");
        if (instances != null) {
            context.error(instances, "instances", "only a template has instances", "rename the file to "
                    + declaration.name() + "@.yaml");
        }
        ServiceName name = new ServiceName(declaration.name());
        ServiceDefinition definition = ServiceParser.parse(
                name,
                declaration.at(),
                map,
                defaults,
                files(declaration, null),
                digest(name, map),
                true,
                context);
        services.put(name, definition);
    }

    private static String digest(ServiceName name, Node.Mapping map) {
        Digest digest = new Digest().add(name.value());
        Merge.digest(map, digest);
        return digest.hex();
    }

    private void template(Declaration declaration) {
        String stem = declaration.name().substring(0, declaration.name().length() - 1);
        Context context = new Context(problems, subject(declaration.name()));
        Fields fields = new Fields(merged(declaration, null), KeyTable.SERVICE, context);
        TreeSet<String> instances = new TreeSet<>();
        for (Node.Scalar instance : fields.texts("instances")) {
            if (ServiceName.isInstance(instance.text)) {
                instances.add(instance.text);
            } else {
                String cause = "'" + Text.shown(instance.text) + "' is no name of an instance";
                context.error(instance, "instances", cause,
                        "it has letters, digits, '_', '.', ':' and '-', at most 64");
            }
        }
        templates.put(stem, name -> instanceOnRequest(declaration, name));
        HashSet<Problem> told = new HashSet<>();
        for (String instance : instances.isEmpty() ? List.of(SAMPLE) : instances) {
            ProblemList found = new ProblemList();
            ServiceName name = new ServiceName(stem + "@" + instance);
            ServiceDefinition definition =
                    instance(declaration, name, !instances.isEmpty(), new Context(found, context.subject()));
            for (Problem problem : found.sorted()) {
                if (told.add(problem)) {
                    problems.add(problem);
                }
            }
            if (!instances.isEmpty() && !declared.containsKey(name.value())) {
                services.put(name, definition);
            }
        }
    }

    private Definitions.Instance instanceOnRequest(Declaration declaration, ServiceName name) {
        ProblemList found = new ProblemList();
        ServiceDefinition definition = instance(declaration, name, false, new Context(found, subject(name.value())));
        return new Definitions.Instance(found.errors() > 0 ? null : definition, found.sorted());
    }

    private ServiceDefinition instance(
            Declaration declaration, ServiceName name, boolean startedAtBoot, Context context) {
        Node.Mapping map = merged(declaration, name.value());
        Node.Mapping instance = Merge.instantiate(map, String.valueOf(name.instance()));
        return ServiceParser.parse(
                name,
                declaration.at(),
                instance,
                defaults,
                files(declaration, name.value()),
                digest(name, instance),
                startedAtBoot,
                context);
    }
}
