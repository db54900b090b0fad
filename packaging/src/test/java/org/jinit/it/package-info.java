/** Black-box tests of the built image, each in name spaces of its own. */
@NullMarked
package org.jinit.it;

import org.jspecify.annotations.NullMarked;
