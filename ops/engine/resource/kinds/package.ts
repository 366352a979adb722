import { shellQuote } from "../../connection/quote.ts";
import { shown } from "../change.ts";
import type { Planning } from "../planning.ts";
import type { PackageResource } from "../resource.ts";

/** Plans for a Debian package. */
export function planPackage(resource: PackageResource, planning: Planning): void {
  const { name } = resource;
  const state = planning.facts.packages.get(name);
  if (state === "installed") return;
  const refresh = planning.needsPackageLists ? "ztna_refresh_packages\n" : "";
  planning.add(resource, {
    summary: `install the package ${name}`,
    differences: [{
      property: "package",
      from: state === undefined ? null : shown(state),
      to: "installed",
    }],
    script: `${refresh}ztna_install_package ${shellQuote(name)}\n`,
  });
}
