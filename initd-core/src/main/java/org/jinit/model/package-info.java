/** What a definition says: names, durations, policies. Immutable values without behaviour of their own; imports nothing of jinit. */
@NullMarked
package org.jinit.model;

import org.jspecify.annotations.NullMarked;
