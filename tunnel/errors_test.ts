import { assertEquals, assertInstanceOf } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError, ZtnaError } from "./errors.ts";

class LostError extends ZtnaError {
  override readonly code = "LOST";
}

describe("errors", () => {
  it("a configuration error exits with 2 and keeps its cause", () => {
    const cause = new Error("below");
    const error = new ConfigError("Cannot start", { cause });
    assertInstanceOf(error, ZtnaError);
    assertEquals([error.name, error.code, error.exitCode, error.cause], [
      "ConfigError",
      "CONFIG",
      2,
      cause,
    ]);
  });

  it("other errors exit with 1 and are called by their class", () => {
    const error = new LostError("Cannot find it");
    assertEquals([error.name, error.code, error.exitCode], ["LostError", "LOST", 1]);
  });
});
