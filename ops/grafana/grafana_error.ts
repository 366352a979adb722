import { ZtnaError } from "../../tunnel/errors.ts";

/** What went wrong with a Grafana; callers decide by this, never by texts. */
export type GrafanaFailure =
  /** No connection, no answer in time, or not well at the moment. */
  | "unreachable"
  /** Something answers there that is no Grafana, or not at this address. */
  | "address"
  /** The token is wrong, or may not do this. */
  | "permission"
  /** There is no such thing there. */
  | "missing"
  /** Somebody else was faster (412, 409). */
  | "conflict"
  /** It refuses what we sent, or answers what nobody can use. */
  | "refused";

const exitCodes: Readonly<Partial<Record<GrafanaFailure, number>>> = { unreachable: 4, address: 2 };

/** Grafana can't be reached or does not do what it is asked to. The message says what to do. */
export class GrafanaError extends ZtnaError {
  override readonly code = "GRAFANA";
  override readonly exitCode: number;
  readonly failure: GrafanaFailure;

  constructor(failure: GrafanaFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
    this.exitCode = exitCodes[failure] ?? 1;
  }
}
