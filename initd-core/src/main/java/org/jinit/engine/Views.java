package org.jinit.engine;

import java.util.List;

/** What is told of a service. */
final class Views {
    private Views() {}

    static ServiceView of(Board board, ServiceCell cell) {
        Run run = cell.run;
        Proc main = run == null ? null : run.main;
        return new ServiceView(
                cell.name,
                cell.definition(),
                CatalogLoading.changed(cell),
                cell.state,
                cell.wantedUp(),
                cell.generation,
                main == null ? null : main.id,
                main == null ? 0 : main.pid,
                cell.restarts,
                cell.result,
                cell.exit,
                run == null ? cell.lastStatusText : run.statusText,
                run == null ? cell.lastStatusErrno : run.statusErrno,
                run == null ? cell.lastReloadResult : run.reloadResult,
                run == null ? null : run.health,
                cell.cause,
                cell.sinceNanos,
                board.gates.waitingFor(cell),
                cell.crashes,
                Narrator.crashes(cell),
                run == null ? List.of() : List.copyOf(run.extra));
    }
}
