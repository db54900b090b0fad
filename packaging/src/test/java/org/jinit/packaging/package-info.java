/** Black-box tests of the packaged image: real processes, real daemons, nothing of jinit on the class path. */
@NullMarked
package org.jinit.packaging;

import org.jspecify.annotations.NullMarked;
