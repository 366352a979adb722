import { shellQuote } from "../../connection/quote.ts";
import { type Difference, shown } from "../change.ts";
import type { UnitFact } from "../facts.ts";
import type { Planning } from "../planning.ts";
import type { ServiceResource } from "../resource.ts";

/** States of a unit's file that `systemctl disable` ends. */
const enabledStates = ["enabled", "enabled-runtime"];
/** States that `systemctl enable` leads to, or cannot change, unless the file does. */
const settledStates = ["enabled", "static", "generated", "transient", "indirect", "alias"];
const runningStates = ["active", "reloading", "refreshing"];
const stoppedStates = ["inactive", "failed"];

/** Plans for a unit: whether systemd knows its file, whether it is enabled and whether it runs. */
export function planService(resource: ServiceResource, planning: Planning): void {
  const { unit, enabled, active } = resource;
  const fact = planning.facts.units.get(unit) ?? notLoaded;
  if (fact.loadState === "masked" && (enabled || active)) {
    planning.refuse(
      resource,
      `Cannot run ${shown(unit)} as its unit must not be masked: somebody has masked it. ` +
        `Unless that was meant, undo it: systemctl unmask ${shown(unit)}`,
    );
    return;
  }
  const steps = [
    ...(fact.needsReload ? [reloadStep] : []),
    ...enablingSteps(resource, fact, planning.writesUnit(unit)),
    ...runningSteps(resource, fact),
  ];
  if (steps.length === 0) return;
  const reloads = planning.takeUnitReload() || fact.needsReload;
  planning.add(resource, {
    summary: `${steps.map(({ verb }) => verb).join(" and ")} ${shown(unit)}`,
    differences: steps.map(({ difference }) => difference),
    script: (reloads ? "systemctl daemon-reload\n" : "") +
      steps.map(({ script }) => script).join(""),
  });
}

/** What systemd says of a unit that it has never heard of. */
const notLoaded: UnitFact = {
  loadState: "",
  activeState: "inactive",
  fileState: "",
  needsReload: false,
};

interface Step {
  readonly verb: string;
  readonly difference: Difference;
  readonly script: string;
}

const reloadStep: Step = {
  verb: "reload",
  difference: { property: "unit file", from: "changed", to: "loaded" },
  script: "",
};

function enablingSteps(
  { unit, enabled }: ServiceResource,
  { fileState }: UnitFact,
  isNewFile: boolean,
): Step[] {
  const suits = enabled
    ? settledStates.includes(fileState) && !(isNewFile && fileState === "static")
    : !enabledStates.includes(fileState);
  if (suits) return [];
  const verb = enabled ? "enable" : "disable";
  return [{
    verb,
    difference: { property: "enabled", from: shownState(fileState), to: `${verb}d` },
    script: `systemctl ${verb} -- ${shellQuote(unit)}\n`,
  }];
}

function runningSteps({ unit, active }: ServiceResource, { activeState }: UnitFact): Step[] {
  if ((active ? runningStates : stoppedStates).includes(activeState)) return [];
  return [{
    verb: active ? "start" : "stop",
    difference: {
      property: "active",
      from: shownState(activeState),
      to: active ? "active" : "inactive",
    },
    script: active ? `ztna_start ${shellQuote(unit)}\n` : `systemctl stop -- ${shellQuote(unit)}\n`,
  }];
}

function shownState(state: string): string | null {
  return state === "" ? null : shown(state);
}
