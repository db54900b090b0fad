/**
 * The state machine that decides everything: {@code step(event, now) -> effects}. One writer, no I/O, no clock, no threads, no randomness
 * of its own. Events tell what happened, effects ask for what shall happen; an effect that can fail answers with an event.
 */
@NullMarked
package org.jinit.engine;

import org.jspecify.annotations.NullMarked;
