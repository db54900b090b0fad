/*
 * The launcher of jinitctl: finds the image it belongs to, takes out of the environment what would change or break
 * a Java program, and becomes the image's own java with the arguments listed in libexec/jinitctl.argv.
 *
 * That file has one argument per line; `%i` stands for the image's directory, `%%` for a percent sign. The user's
 * arguments follow.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    EXIT_LAUNCH = 5,            /* jinitctl's "cannot reach" */
    ARGV_FILE_MAX = 64 * 1024,  /* bytes */
    FIXED_ARGS_MAX = 256,
};

static const char *const java_variables[] = {
    "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JDK_AOT_VM_OPTIONS", "CLASSPATH",
};

static _Noreturn void die(const char *verb, const char *object, const char *cause)
{
    fprintf(stderr, "jinitctl: cannot %s %s: %s\n", verb, object, cause);
    exit(EXIT_LAUNCH);
}

static char *allocate(size_t size)
{
    char *memory = malloc(size);
    if (memory == NULL)
        die("allocate", "memory", "out of memory");
    return memory;
}

/* The directory that holds bin/jinitctl, with symbolic links resolved. */
static void find_image(char image[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", image, PATH_MAX - 1);
    if (length < 0)
        die("read", "/proc/self/exe", strerror(errno));
    image[length] = '\0';
    for (int level = 0; level < 2; level++) {
        char *slash = strrchr(image, '/');
        if (slash == NULL)
            die("find the image of", image, "it is not in a directory bin");
        *slash = '\0';
    }
}

static char *read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die("open", path, strerror(errno));
    char *text = allocate(ARGV_FILE_MAX + 1);
    size_t filled = 0;
    ssize_t got;
    while ((got = read(fd, text + filled, ARGV_FILE_MAX + 1 - filled)) > 0)
        filled += (size_t) got;
    if (got < 0)
        die("read", path, strerror(errno));
    close(fd);
    if (filled > ARGV_FILE_MAX)
        die("read", path, "it is longer than 64 KiB");
    text[filled] = '\0';
    return text;
}

/* A copy of the line in which every %i is the image's directory and every %% a percent sign. */
static char *expand(const char *line, const char *image)
{
    size_t image_length = strlen(image);
    size_t images = 0;
    for (const char *at = line; *at != '\0'; at++)
        images += *at == '%';
    char *expanded = allocate(strlen(line) + images * image_length + 1);
    char *to = expanded;
    for (const char *at = line; *at != '\0'; at++) {
        bool directory = at[0] == '%' && at[1] == 'i';
        to = directory ? mempcpy(to, image, image_length) : mempcpy(to, at, 1);
        if (directory || (at[0] == '%' && at[1] == '%'))
            at++;
    }
    *to = '\0';
    return expanded;
}

static bool image_is_usable(const char *image)
{
    /* A ':' would split the class path, and the argument file is split at line ends. */
    return strpbrk(image, ":\n") == NULL;
}

/* Whether the verb has anything to say to jinitd. */
static bool wants_connection(const char *verb)
{
    static const char *const offline[] = { "check", "simulate", "help", "completion" };
    for (size_t i = 0; i < sizeof offline / sizeof offline[0]; i++)
        if (strcmp(verb, offline[i]) == 0)
            return false;
    return true;
}

/* The run directory that the user's arguments and environment name, as the Java side finds it; NULL when there is
 * nothing to connect to, or the arguments are not plain. */
static const char *find_run_directory(int argc, char **argv, char *user_directory, size_t size)
{
    const char *directory = NULL;
    const char *verb = NULL;
    bool user = false;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool joined = strncmp(argv[i], "--run-dir=", 10) == 0;
        if (joined || strcmp(argv[i], "--run-dir") == 0) {
            if (directory != NULL || (!joined && i + 1 == argc))
                return NULL;
            directory = joined ? argv[i] + 10 : argv[++i];
        } else if (strcmp(argv[i], "--user") == 0) {
            user = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return NULL;
        } else if (argv[i][0] != '-' && verb == NULL) {
            verb = argv[i];
        }
    }
    if (verb == NULL || !wants_connection(verb))
        return NULL;
    if (directory != NULL)
        return directory;
    if (user) {
        const char *runtime = getenv("XDG_RUNTIME_DIR");
        if (runtime == NULL || *runtime == '\0' || (size_t) snprintf(user_directory, size, "%s/jinit", runtime) >= size)
            return NULL;
        return user_directory;
    }
    directory = getenv("JINIT_RUN_DIR");
    return directory == NULL || *directory == '\0' ? "/run/jinit" : directory;
}

/* Makes standard input a connection to the control socket in the directory. */
static bool connect_to(const char *directory)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/control", directory);
    if (length < 0 || (size_t) length >= sizeof address.sun_path)
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool connected = connect(fd, (const struct sockaddr *) &address, sizeof address) == 0 && dup2(fd, STDIN_FILENO) == 0;
    if (fd != STDIN_FILENO)
        close(fd);
    else if (connected)
        fcntl(fd, F_SETFD, 0);
    return connected;
}

int main(int argc, char **argv)
{
    static char image[PATH_MAX];
    static char path[PATH_MAX + 64];
    find_image(image);
    if (!image_is_usable(image))
        die("run from", image, "the path of the image must have no ':' and no line end");
    for (size_t i = 0; i < sizeof java_variables / sizeof java_variables[0]; i++)
        unsetenv(java_variables[i]);

    snprintf(path, sizeof path, "%s/libexec/jinitctl.argv", image);
    char *text = read_file(path);
    char **args = (char **) allocate(sizeof(char *) * (FIXED_ARGS_MAX + (size_t) argc + 1));
    size_t count = 0;
    snprintf(path, sizeof path, "%s/libexec/runtime/bin/java", image);
    args[count++] = path;
    static char user_directory[PATH_MAX];
    static char connected[PATH_MAX + 64];
    const char *directory = find_run_directory(argc, argv, user_directory, sizeof user_directory);
    if (directory != NULL && strlen(directory) < PATH_MAX && connect_to(directory)) {
        snprintf(connected, sizeof connected, "-Djinit.connected=%s", directory);
        args[count++] = connected;
    }
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (*line == '\0')
            continue;
        if (count == FIXED_ARGS_MAX)
            die("read", "libexec/jinitctl.argv", "it has more than 255 lines");
        args[count++] = expand(line, image);
    }
    for (int i = 1; i < argc; i++)
        args[count++] = argv[i];
    args[count] = NULL;
    execv(path, args);
    die("run", path, strerror(errno));
}
