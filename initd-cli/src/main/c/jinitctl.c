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
#include <sys/stat.h>
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
