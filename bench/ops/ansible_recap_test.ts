import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseRecap } from "./ansible_recap.ts";

describe("Ansible's recap", () => {
  it("has a line for each host", () => {
    const stdout = `
TASK [Create directories] ******************************************************
changed: [relay1] => (item=/opt/ztna)

PLAY RECAP *********************************************************************
connector1                 : ok=16   changed=2    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0   
relay1                     : ok=3    changed=0    unreachable=1    failed=0    skipped=0    rescued=0    ignored=0   

`;
    assertEquals(parseRecap(stdout), [
      { host: "connector1", changed: 2, failed: 0, unreachable: 0 },
      { host: "relay1", changed: 0, failed: 0, unreachable: 1 },
    ]);
  });

  it("is empty when the play has not come to its end", () => {
    assertEquals(parseRecap("changed: [relay1] : ok=1 changed=1\n"), []);
  });
});
