import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { annotationLine, groupLine, isWorkflow, withoutCommands } from "./workflow_commands.ts";

describe("the commands of a GitHub workflow", () => {
  it("keep titles and texts in their places", () => {
    assertEquals(
      annotationLine({ kind: "error", title: "a:b,c", text: "1%\r\n2: x, y" }),
      "::error title=a%3Ab%2Cc::1%25%0D%0A2: x, y",
    );
    assertEquals(groupLine("a\nb"), "::group::a%0Ab");
  });

  it("are known by their environment", () => {
    assertEquals(isWorkflow(new Map([["GITHUB_ACTIONS", "true"]])), true);
    assertEquals(isWorkflow(new Map()), false);
  });

  const cases: [text: string, shown: string][] = [
    ["plain\n", "plain\n"],
    ["::error::x\n  ::warning::y\n", "\\u003a:error::x\n  \\u003a:warning::y\n"],
    ["##[group]x\n\t##[endgroup]\n", "\\u0023#[group]x\n\t\\u0023#[endgroup]\n"],
    ["a ::error::x\n#: #[ : ::\n", "a ::error::x\n#: #[ : ::\n"],
    ["\n::x", "\n\\u003a:x"],
  ];
  for (const [text, shown] of cases) {
    it(`can't be written by others: ${JSON.stringify(text)}`, () => {
      assertEquals(withoutCommands(text), shown);
    });
  }
});
