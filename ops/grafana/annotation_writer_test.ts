import { assertEquals, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { FleetScenario, numbered } from "../../tests/support/fleet_scenario.ts";
import { GrafanaServer } from "../../tests/support/grafana_server.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { Secret } from "../engine/secret.ts";
import { AnnotationWriter } from "./annotation_writer.ts";

const hosts = ["relay1", "relay2", "relay3"];

/** The counterpart is a stand-in: Grafana itself can't be had here; see `GrafanaServer`. */
describe("AnnotationWriter", () => {
  let server: GrafanaServer;
  let run: FleetScenario;
  let warnings: string[];
  beforeEach(() => {
    server = new GrafanaServer();
    run = new FleetScenario(...hosts);
    warnings = [];
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    assertEquals(server.violations, []);
  });

  function writer(
    { token = "editor-token", ...timeouts }: {
      readonly token?: string;
      readonly requestTimeoutMs?: number;
      readonly closeTimeoutMs?: number;
    } = {},
  ): AnnotationWriter {
    const opened = new AnnotationWriter({
      access: { url: server.url, token: new Secret(token) },
      operator: { user: "ops", machine: "laptop" },
      warn: (text) => warnings.push(text),
      ...timeouts,
    });
    run.bus.subscribe("the annotations", opened.sink);
    return opened;
  }
  const restart = (...hosts: readonly string[]): FleetScenario =>
    run.phase("restarting", hosts).done(hosts);
  const finish = (exitCode = 0): FleetScenario => run.emit({ type: "run_finished", exitCode });
  const annotations = () => [...server.store.annotations.values()];

  it("shows a run while it lasts, and its end", async () => {
    const annotating = writer();
    run.start();
    const annotation = await waitFor(() => annotations()[0], "the run's annotation");
    assertEquals(annotation.timeEnd, annotation.time);
    assertEquals(annotation.tags, ["ztna-fleet", "fleet:lab", "command:deploy"]);
    run.wait(5000);
    finish();
    await annotating[Symbol.asyncDispose]();
    assertEquals(annotation.timeEnd, annotation.time + 5000);
    assertStringIncludes(annotation.text, ": done");
    assertEquals(server.calls.map(({ method }) => method), ["POST", "PATCH"]);
    assertEquals(warnings, []);
  });

  it("writes one annotation for the run and one for each host that was restarted", async () => {
    const annotating = writer();
    run.start();
    restart(...hosts);
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
    run.start();
    run.phase("draining", ["relay1"]);
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
    run.start();
    restart(...hosts);
    await waitFor(() => server.calls.length === 3, "three refusals");
    restart("relay4", "relay5");
    finish();
    await annotating[Symbol.asyncDispose]();
    // The three, and at the end one last attempt for the run itself.
    assertEquals(server.calls.length, 4);
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0]!, "needs the role Editor");
  });

  it("takes the run's end to a Grafana that was not well in between", async () => {
    const annotating = writer();
    run.start();
    await waitFor(() => annotations().length === 1, "the run's annotation");
    server.fault = () => new Response("", { status: 503 });
    restart(...hosts);
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
    run.start();
    restart(...hosts);
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
    run.start();
    await waitFor(() => server.calls.length === 1, "the first request");
    restart(...numbered("relay", 1100));
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
