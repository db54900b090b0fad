package org.jinit.it;

/** Makes the inside of a box look like the machine it is on. */
final class MachineLook {
    /** Shell commands: a /var and an /etc that may be changed, and a /dev with what a daemon needs. */
    static final String SETUP =
            """
                    umount /var/log /var/lib /var/cache
                    for at in var etc; do
                        mkdir -p /run/.over/$at.upper /run/.over/$at.work
                        mount -t overlay overlay -o lowerdir=/$at,upperdir=/run/.over/$at.upper,workdir=/run/.over/$at.work /$at
                    done
                    mkdir -m 755 /run/.dev; mount -t tmpfs -o mode=755 tmpfs /run/.dev
                    for device in null zero full random urandom tty; do
                        touch /run/.dev/$device; mount --bind /dev/$device /run/.dev/$device
                    done
                    mkdir /run/.dev/pts /run/.dev/shm
                    mount -t devpts -o newinstance,ptmxmode=0666 devpts /run/.dev/pts
                    mount -t tmpfs -o mode=1777 tmpfs /run/.dev/shm
                    ln -s pts/ptmx /run/.dev/ptmx; ln -s /proc/self/fd /run/.dev/fd
                    ln -s /proc/self/fd/0 /run/.dev/stdin; ln -s /proc/self/fd/1 /run/.dev/stdout; ln -s /proc/self/fd/2 /run/.dev/stderr
                    mount --move /run/.dev /dev
                    """;

    private MachineLook() {}
}
