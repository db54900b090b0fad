/**
 * The control socket: connections, their bounds and rights, and what the calls of {@code org.jinit.Manager} mean. Everything here runs on
 * the reactor's thread.
 */
@NullMarked
package org.jinit.daemon.control;

import org.jspecify.annotations.NullMarked;
