import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readSshLogs } from "./ssh_counter.ts";

const login = 'Authenticated to 127.0.0.1 ([127.0.0.1]:22) using "publickey".\n';
const end = "Transferred: sent 7088, received 3640 bytes, in 1.7 seconds\n" +
  "Bytes per second: sent 4142.9, received 2127.5\n";

describe("counting what ssh does", () => {
  it("adds up connections, and clients that share one", () => {
    assertEquals(readSshLogs([login + end, "", login + end]), {
      processes: 3,
      sentBytes: 14_176,
      receivedBytes: 7280,
    });
  });

  it("waits for connections that have not ended", () => {
    assertEquals(readSshLogs([login + end, login]), undefined);
  });

  it("counts nothing when there was nothing", () => {
    assertEquals(readSshLogs([]), { processes: 0, sentBytes: 0, receivedBytes: 0 });
  });
});
