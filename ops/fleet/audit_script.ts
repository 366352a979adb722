import { shellQuote } from "../engine/connection/quote.ts";

/** Who does something, for the journals of hosts. */
export interface Operator {
  readonly user: string;
  readonly machine: string;
}

/** A script that writes a line into the host's journal: who does what. It never fails. */
export function auditScript({ user, machine }: Operator, what: string): string {
  return `logger -t ztna-fleet -- ${shellQuote(`${user}@${machine}: ${what}`)} || :\n`;
}
