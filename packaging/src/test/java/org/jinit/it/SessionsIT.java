package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a job of cron or a session of ssh leaves behind is its service's, though pam_limits set the tag back, the environment is another
 * one and its parents are gone.
 */
class SessionsIT {
    private static final String LIMITS = "printf '* - locks 77\\nroot - locks 77\\n' >>/etc/security/limits.conf\n";
    private static final String LEAVES =
            "setsid sh -c 'sleep 1000 & echo $! >/run/box/left; exit 0' </dev/null >/dev/null 2>&1\n";

    private static Box box(TrackingIT.Backend backend) {
        Box box = backend == TrackingIT.Backend.CGROUP ? Box.beside().withCgroup() : Box.beside().withCgroupNamespace();
        return box.asMachine().prepare(LIMITS).write("leaves.sh", LEAVES);
    }

    private static void theLeftOneIsTheServices(Box box, String service) {
        Await.until("it has left a process", () -> !box.read("left").isBlank());
        int left = Integer.parseInt(box.read("left").strip());
        assertThat(box.inside("grep", "Max file locks", "/proc/" + left + "/limits").exits(0).out()).contains(" 77 ");
        Await.until("its parents are gone", () -> box.processes()
                .stream()
                .anyMatch(p -> p.pid() == left && p.ppid() == box.keeperPid()));
        assertThat(box.status(service).processes()).contains(left);
        box.ctl("stop", service).exits(0);
        assertThat(box.processes()).noneMatch(p -> p.pid() == left && !p.zombie());
    }

    @ParameterizedTest
    @EnumSource(names = {"CGROUP", "NAMESPACE"})
    void whatAJobOfCronLeavesIsCrons(TrackingIT.Backend backend) {
        try (Box box = box(backend)) {
            box.prepare("rm -f /etc/cron.d/*; printf '@reboot root sh /run/box/leaves.sh\\n' >/etc/cron.d/it;"
                    + " chmod 644 /etc/cron.d/it");
            box.idle("cron", "exec: [/usr/sbin/cron, -f]\npid-file: /run/crond.pid\n").open().boot();
            box.ctl("start", "cron").exits(0);
            theLeftOneIsTheServices(box, "cron");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CGROUP", "NAMESPACE"})
    void whatASessionOfSshLeavesIsSshds(TrackingIT.Backend backend) {
        try (Box box = box(backend)) {
            box.prepare("mkdir -p -m 700 /run/key; ssh-keygen -q -t ed25519 -N '' -f /run/key/id;"
                    + " cp /run/key/id.pub /run/key/authorized; chmod 600 /run/key/authorized;"
                    + " printf 'AuthorizedKeysFile /run/key/authorized\\nPermitRootLogin yes\\nUsePAM yes\\n'"
                    + " >/etc/ssh/sshd_config.d/it.conf");
            box.idle("sshd", "exec: [/usr/sbin/sshd, -D]\nready: notify\nnotify-access: main\n"
                    + "directories: {run: [sshd]}\n").open().boot();
            box.ctl("start", "sshd").exits(0);
            List<String> ssh =
                    List.of("ssh", "-i", "/run/key/id", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
                            "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "root@127.0.0.1",
                            "sh /run/box/leaves.sh");
            box.inside(ssh.toArray(String[]::new)).exits(0);
            theLeftOneIsTheServices(box, "sshd");
        }
    }
}
