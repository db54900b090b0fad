/**
 * The manager: wires the engine to the world. One thread, the reactor's, owns the engine and all tables here; what may block on a disk is
 * done by the disk worker, which posts its answer back.
 */
@NullMarked
package org.jinit.daemon;

import org.jspecify.annotations.NullMarked;
