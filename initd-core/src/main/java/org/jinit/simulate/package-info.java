/**
 * A world for the engine to live in, without a kernel and without time: virtual clock, processes, faults, clients, and the invariants that
 * must hold after every step. Everything follows from one seed. {@code jinitctl simulate} runs people's own definitions in it, the tests
 * millions of random ones. Pure: no I/O, no clock, no threads.
 */
@NullMarked
package org.jinit.simulate;

import org.jspecify.annotations.NullMarked;
