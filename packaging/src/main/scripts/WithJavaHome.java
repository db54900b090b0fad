import java.util.List;

/** Runs the command given as arguments with JAVA_HOME naming the JDK that runs this (Maven's tool chain). */
void main(String[] command) throws Exception {
    var builder = new ProcessBuilder(List.of(command)).inheritIO();
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    System.exit(builder.start().waitFor());
}
