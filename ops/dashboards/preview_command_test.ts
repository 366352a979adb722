import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { checkout } from "../checkout.ts";

const names = ["index", "fleet", "relay", "connector", "service", "rollout"];

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function preview(...args: readonly string[]): Promise<Finished> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${checkout}/ops/dashboards.ts`, "preview", ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: error! };
}

describe("dashboards preview", () => {
  let directory: string;
  before(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-preview-" });
  });
  after(() => Deno.removeSync(directory, { recursive: true }));

  it("writes a page for each dashboard, and says where", async () => {
    const { code, stdout, stderr } = await preview("--out", `${directory}/new/pages`);
    assertEquals(code, 0, stderr);
    const paths = names.map((name) => `${directory}/new/pages/${name}.html`);
    assertEquals(stdout.split("\n").slice(0, names.length), paths);
    assertStringIncludes(stdout, `Open file://${paths[0]}\n`);
    assertStringIncludes(stderr, 'give "--prometheus URL"');
    assertStringIncludes(Deno.readTextFileSync(paths[1]!), "ztna_relay_draining");
  });

  it("fills them from a Prometheus with what was chosen", async () => {
    const expressions: string[] = [];
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const form = new URLSearchParams(await request.text());
        const query = form.get("query") ?? "";
        expressions.push(query);
        const metric = { instance: "relay07" };
        const start = Number(form.get("start"));
        const isRange = new URL(request.url).pathname.endsWith("query_range");
        const data = isRange
          ? {
            resultType: "matrix",
            result: [{ metric, values: [[start, "1"], [start + 60, "2"]] }],
          }
          : { resultType: "vector", result: [{ metric, value: [start, "1"] }] };
        return Response.json({ status: "success", data });
      },
    );
    const { code, stdout, stderr } = await preview(
      ...["--prometheus", `http://me:secret@127.0.0.1:${server.addr.port}`, "--range", "30m"],
      ...["--var", "instance=relay07", "--theme", "light", "--out", directory],
    );
    assertEquals(code, 0, stderr);
    const asked = expressions.filter((expression) => expression.includes("ztna_relay_draining"));
    assertEquals(asked.every((expression) => expression.includes('instance=~"relay07"')), true);
    const page = Deno.readTextFileSync(`${directory}/relay.html`);
    assertStringIncludes(page, "relay07");
    assertStringIncludes(page, "color-scheme:light");
    assertEquals((page + stdout + stderr).includes("secret"), false);
  });

  it("shows in the panels that Prometheus does not answer", async () => {
    const { code } = await preview("--prometheus", "http://127.0.0.1:1", "--out", directory);
    assertEquals(code, 0);
    assertStringIncludes(
      Deno.readTextFileSync(`${directory}/fleet.html`),
      "Cannot query Prometheus",
    );
  });

  // None of them gets as far as writing where the test stands.
  const mistakes = [
    ["a range that is none", ["--range", "1 hour"], /"--range" must be a duration: .*"1 hour"/],
    ["an address that is none", ["--prometheus", "here"], /http or https URL: .*"here"/],
    ["an unknown variable", ["--var", "instanse=a"], /"instanse=a", .*variable is "instance"/],
    ["a place that is none", ["--out", "/dev/null/x"], /must be writable: .*"\/dev\/null\/x"/],
  ] as const;
  for (const [what, args, message] of mistakes) {
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await preview(...args);
      assertEquals(code, 2);
      assertMatch(stderr, message);
    });
  }
});
