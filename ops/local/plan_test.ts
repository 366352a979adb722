import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { desiredState, programFingerprint, programSpecs } from "./desired_state.ts";
import { defaultPorts } from "./inventory.ts";
import { type ActualProgram, type ActualState, describeAction, plan } from "./plan.ts";
import { statePathsAt } from "./state_paths.ts";

const dayMs = 86_400_000;
const now = Date.UTC(2030, 0, 1);
const inputs = {
  paths: statePathsAt("/state"),
  ports: defaultPorts,
  release: "1.0.0-abc",
  checkout: "/checkout",
  deno: "/bin/deno",
  applicationDigest: "a",
  supervisorDigest: "s",
};
const desired = desiredState(inputs);
const digests = Object.fromEntries(
  desired.programs.flatMap(({ files }) => files.map((path) => [path, `digest of ${path}`])),
);
const authorityFile = "/state/tls/ca.pem";

/** What a finished deployment looks like. */
const converged: ActualState = {
  hasAuthority: true,
  certificates: Object.fromEntries(desired.certificates.map(({ name, request }) => [name, {
    ...request,
    notBefore: now - 10 * dayMs,
    notAfter: now + 300 * dayMs,
  }])),
  hasRetryKey: true,
  contents: Object.fromEntries(desired.files.map(({ path, contents }) => [path, contents])),
  digests,
  supervisor: { pid: 10, startedAt: "then", fingerprint: desired.supervisorFingerprint },
  programs: Object.fromEntries(desired.programs.map((program, i): [string, ActualProgram] => [
    program.name,
    {
      process: { pid: 11 + i, startedAt: "then" },
      fingerprint: programFingerprint(program, digests),
    },
  ])),
};

function withProgram(name: string, change: Partial<ActualProgram>): ActualState["programs"] {
  return { ...converged.programs, [name]: { ...converged.programs[name]!, ...change } };
}

const nothing: ActualState = {
  hasAuthority: false,
  certificates: {},
  hasRetryKey: false,
  contents: {},
  digests: {},
  supervisor: undefined,
  programs: {},
};
const startAll = ["start the application", "start the relay", "start the connector"];

const table: { what: string; actual: ActualState; wanted?: typeof desired; actions: RegExp[] }[] = [
  { what: "does nothing when everything is as it should be", actual: converged, actions: [] },
  {
    what: "makes everything where there is nothing",
    actual: nothing,
    actions: [
      /^create a certificate authority/,
      /"relay"/,
      /"connector"/,
      /"probe"/,
      /Retry tokens/,
      /^write \/state\/config\/relay\.json$/,
      /^write .*connector\.json$/,
      /^write .*deployment\.json$/,
      /^start the supervisor/,
      ...startAll.map((text) => new RegExp(text)),
    ],
  },
  {
    what: "issues everything anew under a new authority",
    actual: { ...converged, hasAuthority: false },
    actions: [
      /^create a certificate authority/,
      /"relay": there is none/,
      /"connector"/,
      /"probe"/,
      /^restart the relay: its authority is new/,
      /^restart the connector: its authority is new/,
    ],
  },
  {
    what: "renews one certificate and restarts the program that has it",
    actual: {
      ...converged,
      certificates: {
        ...converged.certificates,
        connector: { ...converged.certificates["connector"]!, notAfter: now + 4 * dayMs },
      },
    },
    actions: [
      /"connector": it expires in 4 days/,
      /^restart the connector: its certificate is new/,
    ],
  },
  {
    what: "restarts nothing for a certificate that no program has",
    actual: { ...converged, certificates: { ...converged.certificates, probe: undefined } },
    actions: [/"probe"/],
  },
  {
    what: "restarts the relay for a new Retry key",
    actual: { ...converged, hasRetryKey: false },
    actions: [/Retry tokens/, /^restart the relay: its Retry key is new/],
  },
  {
    what: "rewrites a configuration that somebody has edited, and restarts its program",
    actual: { ...converged, contents: { ...converged.contents, "/state/config/relay.json": "{}" } },
    actions: [/^rewrite .*relay\.json/, /^restart the relay: its configuration has changed/],
  },
  {
    what: "restarts what reads a file that has changed since it was started",
    actual: { ...converged, digests: { ...digests, [authorityFile]: "another" } },
    actions: [/^restart the relay: its program, files or/, /^restart the connector: its program/],
  },
  {
    what: "restarts relay and connector, not the application, for a new release",
    actual: converged,
    wanted: desiredState({ ...inputs, release: "1.0.0-def" }),
    actions: [/^rewrite .*deployment\.json/, /^restart the relay/, /^restart the connector/],
  },
  {
    what: "restarts the application for its own source only",
    actual: converged,
    wanted: desiredState({ ...inputs, applicationDigest: "b" }),
    actions: [/^restart the application/],
  },
  {
    what: "restarts what a port concerns",
    actual: converged,
    wanted: desiredState({ ...inputs, ports: { ...defaultPorts, application: 9998 } }),
    actions: [
      /^rewrite .*connector\.json/,
      /^rewrite .*deployment\.json/,
      /^restart the application/,
      /^restart the connector/,
    ],
  },
  {
    what: "starts a program that waits between crashes",
    actual: { ...converged, programs: withProgram("relay", { process: undefined }) },
    actions: [/^start the relay/],
  },
  {
    what: "stops what is no longer wanted",
    actual: { ...converged, programs: withProgram("gateway", { fingerprint: "x" }) },
    actions: [/^stop the gateway/],
  },
  {
    what: "replaces a supervisor of another version, which stops its programs",
    actual: { ...converged, supervisor: { pid: 10, startedAt: "then", fingerprint: "old" } },
    actions: [
      /^stop the supervisor \(process 10\)/,
      /^start the supervisor/,
      ...startAll.map((text) => new RegExp(text)),
    ],
  },
  {
    what: "stops programs without a supervisor before it starts them again",
    actual: {
      ...converged,
      supervisor: undefined,
      programs: withProgram("connector", { process: undefined }),
    },
    actions: [
      /^stop the application \(process 11\), which has lost/,
      /^stop the relay \(process 12\)/,
      /^start the supervisor/,
      ...startAll.map((text) => new RegExp(text)),
    ],
  },
];

describe("plan", () => {
  for (const { what, actual, wanted = desired, actions } of table) {
    it(what, () => {
      const texts = plan(wanted, actual, now).map(describeAction);
      assertEquals(texts.length, actions.length, texts.join("\n"));
      for (const [i, text] of texts.entries()) assertMatch(text, actions[i]!);
    });
  }
});

describe("desiredState", () => {
  it("gives the programs their files, and the supervisor what the plan compares", () => {
    const specs = programSpecs(desired.programs, digests);
    assertEquals(specs.map(({ name }) => name), ["application", "relay", "connector"]);
    for (const spec of specs) {
      assertEquals(spec.fingerprint, converged.programs[spec.name]!.fingerprint);
    }
    const relay = specs[1]!;
    assertEquals(relay.args.slice(-3), [
      "/checkout/relay/main.ts",
      "--config",
      "/state/config/relay.json",
    ]);
    assertEquals(relay.environment, { ZTNA_RELEASE: "1.0.0-abc" });
  });

  it("lets programs do only what they need", () => {
    for (const { args } of desired.programs) {
      const permissions = args.filter((arg) => arg.startsWith("--allow"));
      assertEquals(permissions.filter((arg) => /all$|run|write|allow-read$/.test(arg)), []);
    }
  });
});
