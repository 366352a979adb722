import { shellQuote } from "../../connection/quote.ts";
import { type Difference, Payload, shown } from "../change.ts";
import type { FirewallFact } from "../facts.ts";
import { firewallFiles, firewallUnit } from "../firewall_files.ts";
import type { Planning } from "../planning.ts";
import type { FirewallResource } from "../resource.ts";
import { type DesiredFile, fileDifferences, writeFileScript } from "./file.ts";

/** Plans for a port that packets must get through to. Where nothing drops any, nothing is done. */
export function planFirewall(resource: FirewallResource, planning: Planning): void {
  const { id, transport, port, sources = [] } = resource;
  const fact = planning.facts.firewalls.get(id);
  switch (fact?.manager) {
    case "ufw":
      if (!fact.allowed) {
        const rules = sources.length === 0
          ? [`${port}/${transport}`]
          : sources.map((source) => `from ${source} to any port ${port} proto ${transport}`);
        planning.add(resource, {
          summary: `allow ${port}/${transport} in ufw`,
          differences: rules.map((rule) => ({ property: "rule", from: null, to: `allow ${rule}` })),
          script: rules.map((rule) => `ufw allow ${rule} comment ztna\n`).join(""),
        });
      }
      break;
    case "firewalld":
      if (!fact.allowed) {
        planning.refuse(
          resource,
          `Cannot open ${transport} port ${port} as firewalld's zones are the administrator's: ` +
            `none allows it. Choose one: firewall-cmd --permanent --zone=ZONE ` +
            `--add-port=${port}/${transport} && firewall-cmd --reload`,
        );
      }
      break;
    case "nftables":
      planNftables(resource, fact, planning);
      break;
    default:
      planning.warn(
        resource,
        `Cannot tell whether a firewall is in the way of ${transport} port ${port} as that takes ` +
          `nft, which the host does not have: install the package nftables, or see to the port`,
      );
  }
}

function planNftables(
  resource: FirewallResource,
  { chains }: FirewallFact,
  planning: Planning,
): void {
  if (chains.length === 0) return;
  const { transport, port } = resource;
  const unit = firewallUnit(resource);
  const differences: Difference[] = [];
  let script = "";
  const payloads: Uint8Array[] = [];
  for (const { path, contents, mode } of firewallFiles(resource)) {
    const bytes = new TextEncoder().encode(contents);
    const desired: DesiredFile = { path, bytes, mode, owner: "root", group: "root" };
    const fact = planning.facts.paths.get(path);
    if (fileDifferences(desired, fact).length === 0) continue;
    differences.push({
      property: path,
      from: fact === undefined ? null : "changed",
      to: "written",
    });
    script += writeFileScript(desired);
    payloads.push(bytes);
  }
  const state = planning.facts.units.get(unit);
  if (state?.fileState !== "enabled") {
    differences.push({ property: unit, from: state?.fileState || null, to: "enabled" });
  }
  for (const { name } of chains.filter(({ open }) => !open)) {
    differences.push({ property: "rule", from: null, to: `accept in ${shown(name)}` });
  }
  if (differences.length === 0) return;
  const quoted = shellQuote(unit);
  planning.add(resource, {
    summary: `open ${transport} port ${port} in the host's firewall`,
    differences,
    script: `${script}systemctl daemon-reload
systemctl enable -- ${quoted}
systemctl restart -- ${quoted}
`,
    ...(payloads.length === 0 ? {} : { payload: new Payload(...payloads) }),
  });
}
