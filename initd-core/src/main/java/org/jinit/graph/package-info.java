/** Dependencies between services: the catalogue with its edges, order and checks. Pure: no I/O, deterministic collections only. */
@NullMarked
package org.jinit.graph;

import org.jspecify.annotations.NullMarked;
