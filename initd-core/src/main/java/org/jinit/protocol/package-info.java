/**
 * What is spoken on the control socket: varlink (https://varlink.org), interface {@code org.jinit.Manager}. Both sides use the records and
 * the codec of this package; enumerations travel as strings, so it knows neither the engine nor any I/O.
 */
@NullMarked
package org.jinit.protocol;

import org.jspecify.annotations.NullMarked;
