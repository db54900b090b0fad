/** The output of services on its way from their pipes to their log files: bounded, rotated, never in the way of the engine. */
@NullMarked
package org.jinit.output;

import org.jspecify.annotations.NullMarked;
