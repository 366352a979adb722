import { type ServiceUptime, uptimeRatio } from "./service_uptime.ts";

/** The documented form of how services were. */
export function uptimeJson(uptime: readonly ServiceUptime[]): Record<string, unknown>[] {
  return uptime.map(({ service, isUp, windows }) => ({
    ...{ service, up: isUp },
    windows: Object.fromEntries(windows.map((window) => [window.name, {
      ratio: uptimeRatio(window) ?? null,
      upSeconds: window.upMs / 1000,
      downSeconds: window.downMs / 1000,
      unknownSeconds: window.unknownMs / 1000,
    }])),
  }));
}
