import { shellQuote } from "../../connection/quote.ts";
import { type Difference, Payload } from "../change.ts";
import type { SysctlFact } from "../facts.ts";
import type { Planning } from "../planning.ts";
import type { SysctlResource } from "../resource.ts";
import { sysctlFile, sysctlKernelFile } from "../sysctl_file.ts";
import { writeFileScript } from "./file.ts";

/** Plans for a kernel setting: what the kernel has now, and what it gets at the next boot. */
export function planSysctl(resource: SysctlResource, planning: Planning): void {
  const { name, value, atLeast = false } = resource;
  const fact = planning.facts.sysctls.get(name) ?? missing;
  const suits = (actual: number | undefined): boolean =>
    actual !== undefined && (atLeast ? actual >= value : actual === value);
  if (fact.access !== "settable") {
    if (suits(fact.value)) return; // whoever set it keeps it, too
    const text = notSettable(resource, fact);
    if (resource.optional) planning.warn(resource, text);
    else planning.refuse(resource, text);
    return;
  }
  // A minimum leaves what is higher now as it is, over the next boot too.
  const kept = atLeast ? Math.max(value, fact.value ?? value) : value;
  const differences: Difference[] = [];
  let script = "";
  let payload: Payload | undefined;
  if (!suits(fact.persisted)) {
    const path = sysctlFile(name);
    const bytes = new TextEncoder().encode(`${name} = ${kept}\n`);
    differences.push({
      property: "value after a boot",
      from: fact.persisted?.toString() ?? null,
      to: String(kept),
    });
    script += writeFileScript({ path, bytes, mode: 0o644, owner: "root", group: "root" });
    payload = new Payload(bytes);
  }
  if (!suits(fact.value)) {
    differences.push({
      property: "value",
      from: fact.value?.toString() ?? null,
      to: String(value),
    });
    script += `ztna_set_sysctl ${shellQuote(sysctlKernelFile(name))} ${
      shellQuote(String(value))
    }\n`;
  }
  if (differences.length === 0) return;
  planning.add(resource, {
    summary: `set ${name} to ${atLeast ? "at least " : ""}${value}`,
    differences,
    script,
    ...(payload === undefined ? {} : { payload }),
  });
}

const missing: SysctlFact = { access: "missing", value: undefined, persisted: undefined };

function notSettable(
  { name, value }: SysctlResource,
  { access, value: actual }: SysctlFact,
): string {
  const state = access === "missing"
    ? "the kernel does not offer it there"
    : `current value is ${actual ?? "no number"}, and it is read-only there`;
  return `Cannot set ${name} to ${value} as this host must be able to set it: ${state}. In a ` +
    `container, set it on the machine that runs the container: sysctl -w ${name}=${value}`;
}
