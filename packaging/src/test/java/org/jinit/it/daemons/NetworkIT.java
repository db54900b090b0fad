package org.jinit.it.daemons;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jinit.it.Await;
import org.jinit.it.Box;
import org.jinit.it.Status;
import org.junit.jupiter.api.Test;

/** Daemons of the network. */
class NetworkIT {
    private static final String VETH =
            """
                    ip link add server type veth peer name client
                    ip address add 10.99.0.1/24 dev server
                    ip link set server up; ip link set client up
                    printf 'subnet 10.99.0.0 netmask 255.255.255.0 { range 10.99.0.100 10.99.0.120; }\\n' >>/etc/dhcp/dhcpd.conf
                    """;
    /** What OpenSSH's default configuration needs so that root can come in with a key. */
    private static final String SSH_KEY =
            """
                    mkdir -p -m 700 /run/key; ssh-keygen -q -t ed25519 -N '' -f /run/key/id
                    cp /run/key/id.pub /run/key/authorized; chmod 600 /run/key/authorized
                    printf 'AuthorizedKeysFile /run/key/authorized\\nPermitRootLogin yes\\nUsePAM no\\n' >/etc/ssh/sshd_config.d/it.conf
                    """;
    private static final String SSH = "ssh -i /run/key/id -o BatchMode=yes -o StrictHostKeyChecking=no"
            + " -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@127.0.0.1 ";

    @Test
    void sshd() {
        new Daemon("sshd")
                .prepare(SSH_KEY)
                .used(SSH + "echo from-inside", "from-inside")
                .processes("sshd")
                .reloads(SSH + "true")
                .lives();
    }

    @Test
    void dhcpd() {
        new Daemon("dhcpd")
                .prepare(VETH)
                .used("rm -f /run/c.leases; dhclient -1 -sf /bin/true -pf /run/c.pid -lf /run/c.leases client;"
                        + " kill $(cat /run/c.pid); cat /run/c.leases", "fixed-address 10.99.0.1")
                .processes("dhcpd")
                .lives();
    }

    @Test
    void dnsmasq() {
        new Daemon("dnsmasq")
                .prepare("printf 'address=/it.test/10.1.2.3\\nno-resolv\\n' >/etc/dnsmasq.d/it.conf")
                .used(dns("it.test"), "10.1.2.3")
                .processes("dnsmasq")
                .reloads(dns("it.test"))
                .lives();
    }

    @Test
    void unbound() {
        new Daemon("unbound")
                .prepare(
                        "printf 'server:\\n local-zone: \"test.\" static\\n local-data: \"it.test. A 10.1.2.3\"\\n module-config: iterator\\n'"
                                + " >/etc/unbound/unbound.conf.d/it.conf; rm -f /etc/unbound/unbound.conf.d/root-auto-trust-anchor-file.conf")
                .used(dns("it.test"), "10.1.2.3")
                .processes("unbound")
                .reloads(dns("it.test"))
                .lives();
    }

    /** Asks 127.0.0.1 for an address, without any package for it. */
    private static String dns(String host) {
        return "perl -MSocket -e '$q=pack(\"n6\",7,256,1,0,0,0).join(\"\",map{chr(length).$_}split(/\\./,\"" + host
                + "\")).\"\\0\".pack(\"n2\",1,1);socket(S,PF_INET,SOCK_DGRAM,0);send(S,$q,0,sockaddr_in(53,INADDR_LOOPBACK));"
                + "$SIG{ALRM}=sub{die \"no answer\"};alarm 5;recv(S,$a,512,0);print join(\".\",unpack(\"C4\",substr($a,-4))),\"\\n\"'";
    }

    @Test
    void ntpd() {
        new Daemon("ntpd")
                .prepare(
                        "printf 'disable ntp\\ndisable kernel\\nrestrict default\\nrestrict 127.0.0.1\\n' >/etc/ntpsec/ntp.conf")
                .used("ntpq -n -c rv 127.0.0.1", "stratum")
                .processes("ntpd")
                .lives();
    }

    @Test
    void lldpd() {
        new Daemon("lldpd").used("lldpcli show configuration", "Transmit delay").processes("lldpd").lives();
    }

    @Test
    void ovsdbServer() {
        new Daemon("ovsdb-server")
                .used("ovs-vsctl --timeout=10 --no-wait init && ovs-vsctl --timeout=10 show && echo served", "served")
                .processes("ovsdb-server", "monitor")
                .lives();
    }

    @Test
    void ovsVswitchd() {
        new Daemon("ovs-vswitchd")
                .example("ovsdb-server")
                .used("ovs-vsctl --timeout=20 --may-exist add-br br0 -- set bridge br0 datapath_type=netdev && ovs-appctl -t ovs-vswitchd version",
                        "ovs-vswitchd")
                .processes("ovs-vswitchd")
                .lives();
    }

    /** The daemon is the launcher's grandchild; its monitor is never killed, and both are gone after a stop. */
    @Test
    void openVSwitchsMonitorIsKnownForWhatItIs() {
        Daemon daemon = new Daemon("ovsdb-server");
        try (Box box = daemon.box()) {
            box.boot().ctl("start", "ovsdb-server").exits(0);
            Status status = box.status("ovsdb-server");
            int file = Integer.parseInt(box.inside("cat", "/run/openvswitch/ovsdb-server.pid").exits(0).out().strip());
            assertThat(status.mainPid()).isEqualTo(file);
            assertThat(status.processes()).hasSize(2).contains(file);
            int monitor = status.processes().stream().filter(pid -> pid != file).findFirst().orElseThrow();
            assertThat(box.processes()).anyMatch(p -> p.pid() == file && p.ppid() == monitor);
            box.ctl("signal", "SEGV", "ovsdb-server").exits(0);
            Await.until("one daemon serves again", () -> {
                Status now = box.status("ovsdb-server");
                return now.state().equals("running") && now.mainPid() != file && now.mainPid() > 0
                        && now.processes().size() == 2;
            });
            box.inside("sh", "-c", "ovs-vsctl --timeout=10 --no-wait show").exits(0);
            box.ctl("stop", "ovsdb-server").exits(0);
            assertThat(box.processes())
                    .noneMatch(p -> !p.zombie() && List.of("ovsdb-server", "monitor").contains(p.name()));
            assertThat(box.root("/run/openvswitch/ovsdb-server.pid")).doesNotExist();
        }
    }
}
