/**
 * What the user defines: services, names, durations, sizes. Values only, no
 * input or output.
 */
@NullMarked
package org.jinit.model;

import org.jspecify.annotations.NullMarked;
