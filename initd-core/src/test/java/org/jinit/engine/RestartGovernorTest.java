package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.model.ExitStatus;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jinit.model.SuccessExit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RestartGovernorTest {
    private static final ServiceName NAME = new ServiceName("web");

    private static RestartPolicy policy(double jitter, RestartPolicy.@Nullable Limit limit) {
        return new RestartPolicy(
                RestartPolicy.When.ON_FAILURE,
                Duration.ofMillis(100),
                2,
                Duration.ofSeconds(1),
                jitter,
                Duration.ofSeconds(30),
                limit,
                RestartPolicy.Then.FAIL);
    }

    @Test
    void delaysGrowToTheirCap() {
        RestartGovernor governor = new RestartGovernor();
        RestartPolicy policy = policy(0, new RestartPolicy.Limit(5, Duration.ofSeconds(10)));
        long[] expected = {100, 200, 400, 800, 1000, 1000};
        for (long millis : expected) {
            assertThat(governor.nextDelay(policy, 1, NAME, 1)).isEqualTo(Duration.ofMillis(millis));
        }
    }

    @Test
    void hugeAttemptsDoNotOverflow() {
        assertThat(RestartGovernor.baseNanos(policy(0, new RestartPolicy.Limit(5, Duration.ofSeconds(10))), 100_000))
                .isEqualTo(1e9);
    }

    @Test
    void jitterOnlyAddsAndComesFromTheSeedAlone() {
        RestartPolicy policy = policy(0.5, new RestartPolicy.Limit(5, Duration.ofSeconds(10)));
        for (long generation = 1; generation < 200; generation++) {
            Duration delay = new RestartGovernor().nextDelay(policy, 7, NAME, generation);
            assertThat(delay).isBetween(Duration.ofMillis(100), Duration.ofMillis(150));
            assertThat(new RestartGovernor().nextDelay(policy, 7, NAME, generation)).isEqualTo(delay);
        }
        assertThat(new RestartGovernor().nextDelay(policy, 7, NAME, 1))
                .isNotEqualTo(new RestartGovernor().nextDelay(policy, 8, NAME, 1));
    }

    @Test
    void limitIsASlidingWindow() {
        RestartGovernor governor = new RestartGovernor();
        RestartPolicy policy = policy(0, new RestartPolicy.Limit(2, Duration.ofSeconds(10)));
        long second = 1_000_000_000L;
        governor.counted(0, policy);
        governor.counted(6 * second, policy);
        assertThat(governor.limitReached(9 * second, policy)).isTrue();
        assertThat(governor.limitReached(10 * second, policy)).isFalse();
        governor.counted(10 * second, policy);
        assertThat(governor.limitReached(15 * second, policy)).isTrue();
        governor.reset();
        assertThat(governor.limitReached(15 * second, policy)).isFalse();
    }

    @Test
    void stableRunBeginsTheRowAnew() {
        RestartGovernor governor = new RestartGovernor();
        RestartPolicy policy = policy(0, new RestartPolicy.Limit(5, Duration.ofSeconds(10)));
        governor.nextDelay(policy, 1, NAME, 1);
        governor.ranFor(Duration.ofSeconds(30).toNanos() - 1, policy);
        assertThat(governor.attempt()).isEqualTo(1);
        governor.ranFor(Duration.ofSeconds(30).toNanos(), policy);
        assertThat(governor.attempt()).isZero();
    }

    @Test
    void cleanSignalsAreNotCleanForHelpers() {
        ExitStatus term = new ExitStatus.Killed(15, false);
        assertThat(RestartGovernor.resultOf(term, SuccessExit.NONE, false)).isEqualTo(Result.SUCCESS);
        assertThat(RestartGovernor.resultOf(term, SuccessExit.NONE, true)).isEqualTo(Result.SIGNAL);
        assertThat(RestartGovernor.resultOf(new ExitStatus.Killed(15, true), SuccessExit.NONE, false))
                .isEqualTo(Result.CORE_DUMP);
        assertThat(RestartGovernor.resultOf(new ExitStatus.Unknown(), SuccessExit.NONE, false))
                .isEqualTo(Result.EXIT_CODE);
    }

    @Test
    void jitterIsTheSameOnEveryMachine() {
        RestartPolicy policy = policy(1, null);
        assertThat(new RestartGovernor().nextDelay(policy, 7, NAME, 1)).isEqualTo(Duration.ofNanos(181_650_650));
        assertThat(new RestartGovernor().nextDelay(policy, 7, NAME, 2)).isEqualTo(Duration.ofNanos(157_059_194));
        assertThat(new RestartGovernor().nextDelay(policy, 8, new ServiceName("db"), 1))
                .isEqualTo(Duration.ofNanos(135_885_185));
    }

    @Test
    void startsWithoutALimitAreForgotten() {
        RestartGovernor governor = new RestartGovernor();
        RestartPolicy once = policy(0, new RestartPolicy.Limit(1, Duration.ofSeconds(10)));
        governor.counted(0, once);
        assertThat(governor.limitReached(1, once)).isTrue();
        governor.counted(1, policy(0, null));
        assertThat(governor.limitReached(2, once)).isFalse();
    }

    @Test
    void onlyOpenVSwitchsSignalsAndCoreDumpsAreCrashes() {
        StringBuilder crashes = new StringBuilder();
        for (int signal = 1; signal < 32; signal++) {
            assertThat(RestartGovernor.isCrash(new ExitStatus.Killed(signal, true))).isTrue();
            if (RestartGovernor.isCrash(new ExitStatus.Killed(signal, false))) {
                crashes.append(Signals.name(signal)).append(' ');
            }
        }
        assertThat(crashes.toString()).isEqualTo("ILL ABRT BUS FPE SEGV PIPE ALRM XCPU XFSZ ");
        assertThat(RestartGovernor.isCrash(new ExitStatus.Exited(139))).isFalse();
        assertThat(RestartGovernor.isCrash(new ExitStatus.Unknown())).isFalse();
    }

    @Test
    void everyPolicyRestartsAfterItsOwnEnds() {
        ExitStatus segv = new ExitStatus.Killed(Signals.SEGV, false);
        assertThat(after(RestartPolicy.When.ALWAYS, Result.SUCCESS, null)).isTrue();
        assertThat(after(RestartPolicy.When.NEVER, Result.SIGNAL, segv)).isFalse();
        assertThat(after(RestartPolicy.When.ON_FAILURE, Result.SUCCESS, null)).isFalse();
        assertThat(after(RestartPolicy.When.ON_FAILURE, Result.PROTOCOL, null)).isTrue();
        assertThat(after(RestartPolicy.When.ON_CRASH, Result.SIGNAL, segv)).isTrue();
        assertThat(after(RestartPolicy.When.ON_CRASH, Result.TIMEOUT, segv)).isFalse();
        assertThat(after(RestartPolicy.When.ON_CRASH, Result.PROTOCOL, null)).isFalse();
        assertThat(after(RestartPolicy.When.ON_CRASH, Result.EXIT_CODE, new ExitStatus.Exited(1))).isFalse();
    }

    private static boolean after(RestartPolicy.When when, Result result, @Nullable ExitStatus exit) {
        RestartPolicy policy = new RestartPolicy(
                when, Duration.ZERO, 2, Duration.ZERO, 0, Duration.ZERO, null, RestartPolicy.Then.FAIL);
        return RestartGovernor.restarts(policy, result, exit);
    }
}
