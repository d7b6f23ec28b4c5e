package client;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs a session with Meridian as any Java program could: grpc-java and what protoc makes of the contract. Prints a line of JSON for
 * each step. Ends with an error at the first promise of the contract that is not kept.
 */
public final class Client {
  private static final List<String> NAMES = List.of("--command", "--home", "--other", "--prefix");

  public static void main(String[] args) throws Exception {
    Map<String, String> given = new HashMap<>();
    for (int index = 0; index + 1 < args.length; index += 2) {
      given.put(args[index], args[index + 1]);
    }
    if (!given.keySet().equals(Set.copyOf(NAMES))) {
      System.err.println("usage: Client " + String.join(" VALUE ", NAMES) + " VALUE");
      System.exit(2);
    }
    ManagedChannel command = connect(given.get("--command"));
    ManagedChannel home = connect(given.get("--home"));
    ManagedChannel other = connect(given.get("--other"));
    try {
      new Session(command, home, other, given.get("--prefix")).run();
    } finally {
      for (ManagedChannel channel : List.of(command, home, other)) {
        channel.shutdownNow();
      }
    }
  }

  private static ManagedChannel connect(String address) {
    return Grpc.newChannelBuilder(address, InsecureChannelCredentials.create()).build();
  }

  private Client() {}
}
