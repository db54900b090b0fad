package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import org.junit.jupiter.api.Test;

/** Without root, from the XDG directories. */
class UserModeIT {
    @Test
    void theWholePathWorksWithoutRoot() {
        try (Box box = new Box(Box.Style.USER).open()) {
            Stranger stranger = box.stranger();
            box.define("db", serv("tag:x mark:@pub/m:db notify:READY=1 wait") + "ready: notify\n");
            box.define("web", serv("tag:x fork-daemon orphan { wait } mark:@pub/m:web parent-exit wait")
                    + "ready: fork\nrequires: [db]\n");
            box.boot();
            box.awaitState("db", "running");
            Await.until("web is ready or has said why not", () -> box.state("web").equals("running"));
            assertThat(box.texts("pub/m")).containsExactly("db", "web");
            box.ctl("restart", "web").exits(0);
            box.ctl("stop", "web").exits(0);
            box.ctl("status", "web").exits(3);
            assertThat(box.shutdown()).isZero();
            box.awaitGone("tag:x");
            stranger.assertUntouched();
        }
    }

    @Test
    void definitionsComeFromTheXdgDirectory() {
        try (Box box = new Box(Box.Style.USER).open()) {
            box.write("u/config/jinit.d/x.yaml", serv("print:hello mark:@pub/m wait") + "log: {to: file}\n");
            box.inside("chown", "-R", "65534:65534", "/run/box/u").exits(0);
            Process jinitd =
                    box.spawnInside("console.log", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env",
                            "HOME=/run/box/u", "XDG_RUNTIME_DIR=/run/box/u", "XDG_CONFIG_HOME=/run/box/u/config",
                            "XDG_STATE_HOME=/run/box/u/state", "/run/image/sbin/jinitd", "--user");
            Await.until("x runs; console: " + box.console(), () -> !box.marks("pub/m").isEmpty());
            Await.until("its log is there", () -> box.file("u/state/jinit/log/x/current").toFile().exists());
            assertThat(jinitd.isAlive()).isTrue();
        }
    }

    @Test
    void anotherUserIsAskedForInVain() {
        try (Box box = new Box(Box.Style.USER)) {
            box.idle("x", serv("mark:@pub/m wait") + "user: daemon\nrestart: {when: never}\n").boot();
            assertThat(box.ctl("start", "x").exits(1).err()).contains("cannot start x")
                    .contains("Operation not permitted");
            assertThat(box.marks("pub/m")).isEmpty();
        }
    }
}
