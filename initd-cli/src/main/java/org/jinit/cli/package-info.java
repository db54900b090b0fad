/** The command line client {@code jinitctl}. */
@NullMarked
package org.jinit.cli;

import org.jspecify.annotations.NullMarked;
