package org.jinit.it.daemons;

import static org.assertj.core.api.Assertions.assertThat;

import org.jinit.it.Box;
import org.jinit.it.Cli;
import org.jinit.it.Stranger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The race that jinit exists for: a daemon whose pid file names a living stranger believes that it runs already. Shown without jinit, then
 * with it, in the same place.
 */
class StalePidFileIT {
    private static final String VETH =
            """
                    ip link add server type veth peer name client
                    ip address add 10.99.0.1/24 dev server
                    ip link set server up; ip link set client up
                    printf 'subnet 10.99.0.0 netmask 255.255.255.0 { range 10.99.0.100 10.99.0.120; }\\n' >>/etc/dhcp/dhcpd.conf
                    touch /var/lib/dhcp/dhcpd.leases
                    """;

    private static Box machine(String example, String prepare) {
        Box box = Box.beside().asMachine().prepare(prepare);
        return box.define(example, Daemon.exampleText(example) + "enabled: false\n").open();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void dhcpdRefusesWithoutJinitAndStartsWithIt(boolean bootAfterwards) {
        try (Box box = machine("dhcpd", VETH)) {
            if (!bootAfterwards) {
                box.boot();
            }
            Stranger stranger = box.stranger();
            box.inside("sh", "-c", "echo " + stranger.pid() + " >/run/dhcpd.pid").exits(0);
            Cli without = box.inside("dhcpd", "-4", "-cf", "/etc/dhcp/dhcpd.conf", "-lf",
                    "/var/lib/dhcp/dhcpd.leases", "-pf", "/run/dhcpd.pid");
            assertThat(without.code()).isEqualTo(1);
            assertThat(without.text()).contains("There's already a DHCP server running");
            if (bootAfterwards) {
                box.boot();
            }
            box.ctl("start", "dhcpd").exits(0);
            assertThat(box.status("dhcpd").mainPid()).isPositive().isNotEqualTo(stranger.pid());
            box.ctl("restart", "dhcpd").exits(0);
            box.ctl("stop", "dhcpd").exits(0);
            stranger.assertUntouched();
        }
    }

    @Test
    void apacheTakesAStrangerForItselfWithoutJinitAndStartsWithIt() {
        try (Box box =
                machine("apache2", "mkdir -p /run/apache2 /run/lock/apache2; echo it-page >/var/www/html/it.html")) {
            box.boot();
            Stranger stranger = box.stranger();
            box.inside("sh", "-c", "mkdir -p /run/apache2; echo " + stranger.pid() + " >/run/apache2/apache2.pid")
                    .exits(0);
            Cli without = box.inside("apache2ctl", "start");
            assertThat(without.text()).contains("already running");
            assertThat(box.inside("curl", "-sS", "http://127.0.0.1/it.html").code()).isNotZero();
            box.ctl("start", "apache2").exits(0);
            assertThat(box.inside("curl", "-sS", "http://127.0.0.1/it.html").exits(0).out()).contains("it-page");
            box.ctl("reload", "apache2").exits(0);
            box.ctl("stop", "apache2").exits(0);
            stranger.assertUntouched();
        }
    }
}
