import { serviceOf } from "./service_states.ts";

/** What of the history somebody wants to see. */
export interface HistoryFilter {
  /** From when on, in ms since 1970. */
  readonly fromMs: number;
  readonly host?: string | undefined;
  /** A check's ID. */
  readonly check?: string | undefined;
  readonly service?: string | undefined;
}

/** Whether somebody wants to see a finding. */
export function isWanted(
  { host, check, service }: HistoryFilter,
  finding: { readonly host: string | null; readonly check: string; readonly subject: string },
): boolean {
  return (host === undefined || finding.host === host) &&
    (check === undefined || finding.check === check) &&
    (service === undefined || serviceOf(finding.subject) === service);
}
