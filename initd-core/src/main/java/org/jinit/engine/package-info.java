/**
 * The state machine that decides everything: {@code step(event, now) -> effects}. One writer, no I/O, no clock, no threads, no randomness
 * of its own. Events tell what happened, effects ask for what shall happen; an effect that can fail answers with an event.
 *
 * <h2>The model</h2>
 *
 * Of each service the engine knows what is <em>wanted</em> and where it <em>is</em>; the two are kept apart.
 *
 * <p><b>Wanted up</b> is a service that a person asked for, or that boot or an applied catalogue started because it is enabled (both
 * {@code explicit}), or that another one holds: every service that is wanted up holds what it requires and what it wants, from the
 * moment it is wanted until it has stopped. When the last reason goes, the service stops by itself. An accepted stop ({@code stopAsked})
 * beats all of them until an accepted start of the service, or of something that requires it. A failed service stays wanted but
 * <em>rests</em>: nothing but a person's start (or reset) moves it. One that failed only because a requirement failed does not rest: it
 * comes back by itself when that requirement is ready. A daemon that ends cleanly, unasked and without a restart is not wanted any more,
 * and for those that require it that is a failure.
 *
 * <p><b>Where it is</b> is one of the published {@linkplain org.jinit.engine.State states}, whose table is {@link
 * org.jinit.engine.State#mayFollow}. From STARTING to the end of STOPPING there is a <em>run</em> with its own generation, definition,
 * processes and timers; in all other states there are none, but for the delay of BACKOFF. What arrives for a run of the past is ignored.
 * WAITING is published only if a service has to wait beyond the step.
 *
 * <pre>
 *              wanted up                                   not wanted
 * STOPPED      enters WAITING (unless it rests)            at rest
 * WAITING      starts once its gates are open              STOPPED
 * STARTING     goes on                                     is stopped, whatever it is doing
 * RUNNING      at rest                                     is stopped, after those that need it
 * STOPPING     then starts again if that was asked         then STOPPED
 * BACKOFF      starts when the delay is over               STOPPED
 * FAILED       rests, or waits for its requirement         at rest
 * DONE SKIPPED at rest                                     STOPPED
 * </pre>
 *
 * <p><b>A step has two phases.</b> First the change of what is wanted is <em>propagated</em> along the edges to a fixed point, with a work
 * list and without touching any process; then what follows is <em>executed</em>: gates are looked at, stops begin. Without this a service
 * that has just stopped would see holders that are about to let go, and start again for nobody. Both phases are work lists, not
 * recursion; a service that is blocked remembers one blocker and is looked at again when that one changes, so a step costs what it
 * changes and the whole of a boot is linear in services and edges.
 *
 * <p><b>Gates.</b> A start waits until every requirement is ready, until what it wants or comes after is neither waiting, starting nor
 * stopping, and until nothing that conflicts has a run. The same gate stands again right before the main process, for hooks take time. A
 * stop that was asked for waits until everything that is ordered after the service and goes down too is down; a run that ends by itself
 * waits for nobody.
 *
 * <p><b>Requests</b> are worked out as a {@link org.jinit.engine.Transaction} without touching anything, then planned, refused or carried
 * out as a whole, and answered once.
 *
 * <p><b>Decisions that the definition format leaves open.</b> A task's exit 0 is DONE under every restart policy, for it is its readiness
 * and not its end; its after-stop hooks run before DONE. A start that fails is answered at the first failure, also if a restart follows.
 * A person's start or restart empties the window of the start limit of all services that it starts. An exit policy applies to ends that
 * nobody asked for. A health check that fails gives the result {@code watchdog}.
 */
@NullMarked
package org.jinit.engine;

import org.jspecify.annotations.NullMarked;
