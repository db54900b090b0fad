/** Real daemons under jinit: the definitions that users get as examples, started, used, reloaded, killed and stopped. */
@NullMarked
package org.jinit.it.daemons;

import org.jspecify.annotations.NullMarked;
