/**
 * Every native call behind one interface, and what is spoken with the kernel and the keeper.
 */
@NullMarked
package org.jinit.linux;

import org.jspecify.annotations.NullMarked;
