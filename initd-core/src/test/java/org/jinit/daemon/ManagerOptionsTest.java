package org.jinit.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManagerOptionsTest {
    @Test
    void bothFormsOfAValueAreTaken() throws Exception {
        ManagerOptions options = ManagerOptions.parse(List.of("--config-dir=/c", "--run-dir", "/r", "--container"));
        assertThat(options.configDir()).isEqualTo("/c");
        assertThat(options.runDir()).isEqualTo("/r");
        assertThat(options.container()).isTrue();
    }

    @Test
    void commandAfterRunKeepsItsOwnOptions() throws Exception {
        ManagerOptions options = ManagerOptions.parse(List.of("--vm", "run", "--", "sh", "--vm", "--", "x"));
        assertThat(options.command()).containsExactly("sh", "--vm", "--", "x");
        assertThat(options.container()).isFalse();
    }

    @Test
    void whatTheKeeperTellsOfALauncherIsTaken() throws Exception {
        ManagerOptions options = ManagerOptions.parse(List.of("--detach", "--wait-boot", "--pidfile=jinitd.pid"));
        assertThat(options.detached()).isTrue();
        assertThat(options.waitBoot()).isTrue();
        assertThat(options.pidFile()).isEqualTo("jinitd.pid");
        ManagerOptions foreground = ManagerOptions.parse(List.of("run", "--", "sh", "--detach"));
        assertThat(foreground.detached()).isFalse();
        assertThat(foreground.pidFile()).isNull();
    }

    @Test
    void mistakesAreTold() {
        assertThatThrownBy(() -> ManagerOptions.parse(List.of("--nonsense"))).hasMessageContaining("--nonsense");
        assertThatThrownBy(() -> ManagerOptions.parse(List.of("--run-dir"))).hasMessageContaining("needs a value");
        assertThatThrownBy(() -> ManagerOptions.parse(List.of("--target", "a b")))
                .hasMessageContaining("not a service name");
        assertThatThrownBy(() -> ManagerOptions.parse(List.of("run", "--"))).hasMessageContaining("no command");
    }

    @Test
    void settingsLieBesideTheDefinitions() throws Exception {
        Paths paths = Paths.of(ManagerOptions.parse(List.of("--config-dir=/x/jinit.d")), Map.of());
        assertThat(paths.managerConfig()).isEqualTo("/x/jinit/jinitd.yaml");
        assertThat(Paths.of(ManagerOptions.parse(List.of()), Map.of()).managerConfig())
                .isEqualTo("/etc/jinit/jinitd.yaml");
    }

    @Test
    void userModeUsesTheXdgDirectories() throws Exception {
        ManagerOptions user = ManagerOptions.parse(List.of("--user"));
        Paths paths =
                Paths.of(user, Map.of("HOME", "/home/u", "XDG_RUNTIME_DIR", "/run/user/7", "XDG_STATE_HOME", "/s"));
        assertThat(paths.run()).isEqualTo("/run/user/7/jinit");
        assertThat(paths.config()).isEqualTo("/home/u/.config/jinit.d");
        assertThat(paths.log()).isEqualTo("/s/jinit/log");
        assertThatThrownBy(() -> Paths.of(user, Map.of("HOME", "/home/u"))).hasMessageContaining("XDG_RUNTIME_DIR");
    }
}
