/**
 * From files to definitions: what is on disk is read once ({@code DefinitionReader}), then parsed and checked without any I/O
 * ({@code DefinitionParser}), and every problem of every file is told with its place.
 */
@NullMarked
package org.jinit.config;

import org.jspecify.annotations.NullMarked;
