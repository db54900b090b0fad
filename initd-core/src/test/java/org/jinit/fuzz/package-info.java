/** What all fuzz targets share. A target is a class with {@code public static void fuzzerTestOneInput(byte[])}: docs/build.md, Fuzzing. */
@NullMarked
package org.jinit.fuzz;

import org.jspecify.annotations.NullMarked;
