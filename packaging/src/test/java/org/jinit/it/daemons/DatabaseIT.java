package org.jinit.it.daemons;

import static org.assertj.core.api.Assertions.assertThat;

import org.jinit.it.Box;
import org.junit.jupiter.api.Test;

/** Daemons that keep data. */
class DatabaseIT {
    private static final String PSQL = "setpriv --reuid=postgres --regid=postgres --init-groups psql -Atc ";

    private static Daemon cluster() {
        return new Daemon("postgresql").processes("postgres");
    }

    @Test
    void postgresqlServesReloadsAndComesBack() {
        cluster()
                .used(PSQL + "'select 40 + 2'", "42")
                .prepare("echo 'work_mem = 4MB' >>/etc/postgresql/15/main/postgresql.conf")
                .reloads("sed -i 's/^work_mem.*/work_mem = 7MB/' /etc/postgresql/15/main/postgresql.conf;"
                        + " /run/image/bin/jinitctl reload postgresql && " + PSQL + "'show work_mem' | grep 7MB")
                .lives();
    }

    @Test
    void postgresqlStopsAtOnceWithAClientConnected() {
        Daemon daemon = cluster();
        try (Box box = daemon.box()) {
            box.boot().ctl("start", "postgresql").exits(0);
            box.spawnInside("client", "sh", "-c", PSQL + "'select pg_sleep(1000)'");
            org.jinit.it.Await.until("the client is served", () -> box.inside("sh", "-c", PSQL
                    + "\"select count(*) from pg_stat_activity where query like '%pg_sleep(1000)' and pid <> pg_backend_pid()\"")
                    .out()
                    .strip()
                    .equals("1"));
            long begin = System.nanoTime();
            box.ctl("stop", "postgresql").exits(0);
            assertThat((System.nanoTime() - begin) / 1_000_000).isLessThan(5000);
            assertThat(box.status("postgresql").result()).isEqualTo("success");
        }
    }

    @Test
    void redis() {
        new Daemon("redis").used("redis-cli set k v && redis-cli get k", "v").processes("redis-server").lives();
    }

    @Test
    void redisAsUpstartRanIt() {
        new Daemon("redis-upstart").example("redis")
                .used("redis-cli set k v && redis-cli get k", "v")
                .processes("redis-server")
                .lives();
    }

    @Test
    void memcached() {
        new Daemon("memcached")
                .used("printf 'set k 0 0 1\\r\\nv\\r\\nget k\\r\\nquit\\r\\n' | socat -t5 - TCP:127.0.0.1:11211",
                        "STORED")
                .processes("memcached")
                .lives();
    }

    @Test
    void mariadb() {
        new Daemon("mariadb").used("mariadb -e 'select 40 + 2'", "42")
                .processes("mariadbd")
                .reloads("mariadb -e 'select 1'")
                .lives();
    }
}
