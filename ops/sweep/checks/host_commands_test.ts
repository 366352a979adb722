import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { forHost, onHost } from "./host_commands.ts";

describe("commands for people", () => {
  it("name the host, and can be pasted", () => {
    assertEquals(onHost({ name: "r1" }, "ps", "-fp", "7"), "deno task exec -i … r1 -- ps -fp 7");
    assertEquals(onHost({ name: "r1" }, "a | b"), "deno task exec -i … r1 -- 'a | b'");
    assertEquals(forHost({ name: "r1" }, "deploy"), "deno task deploy -i … --limit r1");
  });

  it("quote names that a shell would read otherwise", () => {
    assertEquals(forHost({ name: "a b;c" }, "logs"), "deno task logs -i … --limit 'a b;c'");
    assertEquals(onHost({ name: "r1" }, "cat", "it's"), `deno task exec -i … r1 -- cat 'it'\\''s'`);
  });
});
