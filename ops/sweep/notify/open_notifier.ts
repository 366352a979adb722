import type { SweepNotifier, SweepNotifierOptions } from "./sweep_notifier.ts";

/** What the command line says of receivers. */
export interface NotifyValues {
  readonly notifyAlertmanager: readonly string[];
  readonly notifyWebhook: readonly string[];
  readonly notifyMail: readonly string[];
  readonly heartbeat: string | undefined;
  /** Time from sweep to sweep: `5m`. */
  readonly every: string;
}

/**
 * What tells of a sweep; `undefined` when nobody is to hear of it, as of most that are run by hand:
 * then none of it is loaded.
 *
 * @throws {ConfigError} when a webhook is to be told, and no secret to sign with.
 */
export async function openNotifier(
  values: NotifyValues,
  options: SweepNotifierOptions,
): Promise<SweepNotifier | undefined> {
  const { notifyAlertmanager, notifyWebhook, notifyMail, heartbeat } = values;
  const receivers = [...notifyAlertmanager, ...notifyWebhook, ...notifyMail];
  if (receivers.length === 0 && heartbeat === undefined) return undefined;
  const { SweepNotifier } = await import("./sweep_notifier.ts");
  return new SweepNotifier(values, options);
}
