package org.jinit.model;

/** Where the output goes; {@code keep} rotated files of at most {@code maxSize} bytes are kept beside the current one. */
public record LogPolicy(To to, long maxSize, int keep) {
    public static final long DEFAULT_MAX_SIZE = 10L << 20;
    public static final int DEFAULT_KEEP = 3;

    /** Destinations. */
    public enum To {
        /** File, in a container inherit. */
        DEFAULT,
        FILE,
        INHERIT,
        NONE
    }

    public static final LogPolicy DEFAULT_POLICY = new LogPolicy(To.DEFAULT, DEFAULT_MAX_SIZE, DEFAULT_KEEP);
}
