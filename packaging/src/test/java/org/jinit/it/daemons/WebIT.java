package org.jinit.it.daemons;

import org.junit.jupiter.api.Test;

/** Web servers and proxies. */
class WebIT {
    @Test
    void nginx() {
        new Daemon("nginx")
                .prepare("echo 'server { listen 81; location / { return 200 first; } }' >/etc/nginx/conf.d/it.conf")
                .used("curl -sS http://127.0.0.1:81/", "first")
                .processes("nginx")
                .reloads(
                        "echo 'server { listen 82; location / { return 200 second; } }' >/etc/nginx/conf.d/second.conf;"
                                + " /run/image/bin/jinitctl reload nginx && curl -sS http://127.0.0.1:82/")
                .lives();
    }

    @Test
    void apache2() {
        new Daemon("apache2")
                .prepare("echo it-page >/var/www/html/it.html")
                .used("curl -sS http://127.0.0.1/it.html", "it-page")
                .processes("apache2")
                .reloads("curl -sS http://127.0.0.1/it.html")
                .lives();
    }

    @Test
    void haproxy() {
        new Daemon("haproxy")
                .prepare(
                        "printf 'frontend it\\n bind 127.0.0.1:8080\\n http-request return status 200 content-type text/plain string served\\n'"
                                + " >>/etc/haproxy/haproxy.cfg")
                .used("curl -sS http://127.0.0.1:8080/", "served")
                .processes("haproxy")
                .reloads("curl -sS http://127.0.0.1:8080/")
                .lives();
    }

    @Test
    void squid() {
        new Daemon("squid")
                .prepare("echo 'shutdown_lifetime 1 seconds' >/etc/squid/conf.d/it.conf")
                .used("curl -sS -o /dev/null -w '%{http_code}' -x http://127.0.0.1:3128 http://127.0.0.1:9/", "403")
                .processes("squid", "pinger", "log_file_daemon")
                .reloads("curl -sS -o /dev/null -x http://127.0.0.1:3128 http://127.0.0.1:9/")
                .lives();
    }
}
