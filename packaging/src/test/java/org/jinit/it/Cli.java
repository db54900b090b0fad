package org.jinit.it;

/** What a command that was run left behind. */
public record Cli(String command, int code, String out, String err) {
    /** @throws AssertionError with everything it wrote if it did not exit with this code */
    public Cli exits(int wanted) {
        if (code != wanted) {
            throw new AssertionError(command + " exited " + code + ", not " + wanted + "\n" + text());
        }
        return this;
    }

    /** Both outputs. */
    public String text() {
        return out + err;
    }
}
