/** What services say on their notify sockets (sd_notify(3)) and who may say it. Pure: bytes in, records out. */
@NullMarked
package org.jinit.notify;

import org.jspecify.annotations.NullMarked;
