import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { GrafanaServer } from "../../tests/support/grafana_server.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { EventBus } from "../engine/run/event_bus.ts";
import { Secret } from "../engine/secret.ts";
import { AnnotationWriter } from "./annotation_writer.ts";

const hosts = ["relay1", "relay2", "relay3"];

/** The counterpart is a stand-in: Grafana itself can't be had here; see `GrafanaServer`. */
describe("AnnotationWriter", () => {
  let server: GrafanaServer;
  let bus: EventBus;
  let warnings: string[];
  beforeEach(() => {
    server = new GrafanaServer();
    bus = new EventBus();
    warnings = [];
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    assertEquals(server.violations, []);
  });

  function writer(
    { token = "editor-token", url = server.url, ...timeouts }: {
      readonly token?: string;
      readonly url?: string;
      readonly requestTimeoutMs?: number;
      readonly closeTimeoutMs?: number;
    } = {},
  ): AnnotationWriter {
    const opened = new AnnotationWriter({
      access: { url, token: new Secret(token) },
      operator: { user: "ops", machine: "laptop" },
      warn: (text) => warnings.push(text),
      ...timeouts,
    });
    bus.subscribe("the annotations", opened.sink);
    return opened;
  }
  function start(): void {
    bus.emit({
      ...{ type: "run_started", command: "restart", arguments: [], fleet: "lab", release: null },
      ...{ check: false, hosts: hosts.map((host) => ({ host, role: "relay" })) },
    });
  }
  function restart(host: string): void {
    bus.emit({ type: "host_state", host, phase: "restarting" });
    bus.emit({
      ...{ type: "host_finished", host, outcome: "done", changed: 1 },
      ...{ releaseBefore: null, releaseAfter: null },
    });
  }
  const finish = (exitCode = 0): void => bus.emit({ type: "run_finished", exitCode });
  const annotations = () => [...server.store.annotations.values()];

  it("shows a run while it lasts, and its end", async () => {
    const annotating = writer();
    start();
    const run = await waitFor(() => annotations()[0], "the run's annotation");
    assertEquals(run.timeEnd, run.time);
    assertEquals(run.tags, ["ztna-fleet", "fleet:lab", "command:restart"]);
    finish();
    await annotating[Symbol.asyncDispose]();
    assert(run.timeEnd >= run.time);
    assertStringIncludes(run.text, ": done");
    assertEquals(server.calls.map(({ method }) => method), ["POST", "PATCH"]);
    assertEquals(warnings, []);
  });

  it("writes one annotation for the run and one for each host that was restarted", async () => {
    const annotating = writer();
    start();
    for (const host of hosts) restart(host);
    finish();
    await annotating[Symbol.asyncDispose]();
    assertEquals(annotations().map(({ tags }) => tags[3]).sort(), [
      ...hosts.map((host) => `host:${host}`),
      undefined,
    ]);
    // What was over before it could be written needs one request.
    assertEquals(server.callsTo("POST").length, 4);
  });

  it("tells that a run was interrupted", async () => {
    const annotating = writer();
    start();
    bus.emit({ type: "host_state", host: "relay1", phase: "draining" });
    await waitFor(() => annotations().length === 2, "both annotations");
    finish(130);
    await annotating[Symbol.asyncDispose]();
    for (const { text } of annotations()) assertStringIncludes(text, "interrupted");
  });

  it("writes nothing, and waits for nothing, when no run has begun", async () => {
    const annotating = writer();
    finish(2);
    await annotating[Symbol.asyncDispose]();
    assertEquals(server.calls, []);
  });

  it("warns once, and leaves a Grafana alone that refuses", async () => {
    const annotating = writer({ token: "viewer-token" });
    start();
    for (const host of hosts) restart(host);
    await waitFor(() => server.calls.length === 3, "three refusals");
    for (const host of ["relay4", "relay5"]) restart(host);
    finish();
    await annotating[Symbol.asyncDispose]();
    // The three, and at the end one last attempt for the run itself.
    assertEquals(server.calls.length, 4);
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0]!, "needs the role Editor");
  });

  it("takes the run's end to a Grafana that was not well in between", async () => {
    const annotating = writer();
    start();
    await waitFor(() => annotations().length === 1, "the run's annotation");
    server.fault = () => new Response("", { status: 503 });
    for (const host of hosts) restart(host);
    await waitFor(() => server.calls.length === 4, "three failures");
    server.fault = () => undefined;
    finish();
    await annotating[Symbol.asyncDispose]();
    assertEquals(annotations().length, 1);
    assertStringIncludes(annotations()[0]!.text, ": done");
  });

  it("does not wait longer than it may for a Grafana that does not answer", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.fault = () => promise;
    const annotating = writer({ closeTimeoutMs: 50 });
    start();
    for (const host of hosts) restart(host);
    finish();
    await annotating[Symbol.asyncDispose]();
    assertEquals(server.calls.length, 1);
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0]!, "took more than 0.05 s");
    resolve(undefined);
  });

  it("holds only so much for a Grafana that is slow", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.fault = () => promise;
    const annotating = writer({ closeTimeoutMs: 10_000 });
    start();
    await waitFor(() => server.calls.length === 1, "the first request");
    for (let at = 0; at < 1100; at++) restart(`relay${at}`);
    assertStringIncludes(warnings[0]!, "more than 1000 annotations wait");
    resolve(undefined);
    server.fault = () => undefined;
    finish();
    await annotating[Symbol.asyncDispose]();
    assertEquals(annotations().length, 1001);
    assertStringIncludes(annotations()[0]!.text, ": done");
    assertEquals(warnings.length, 1);
  });
});
