import { createHash } from "node:crypto";
import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import { Secret } from "../../engine/secret.ts";
import type { Environment } from "../../state_home.ts";
import { AlertmanagerReceiver } from "./alertmanager_receiver.ts";
import { ChangeReceiver } from "./change_receiver.ts";
import { changesSubject, changesText } from "./change_text.ts";
import { deliver } from "./http_delivery.ts";
import { mailText } from "./mail_message.ts";
import type { NotifyValues } from "./open_notifier.ts";
import type { Receiver } from "./receiver.ts";
import { sendMail, sendmailProgram } from "./sendmail.ts";
import {
  maxChangesPerMessage,
  secretRule,
  signedHeaders,
  webhookMessage,
} from "./webhook_message.ts";

/** The environment variable with the secret that webhooks share with us. */
export const secretVariable = "ZTNA_WEBHOOK_SECRET";

/**
 * The receivers that a command line names.
 *
 * @param options.holdMs How long an alert at Alertmanager is good that is not sent again.
 * @throws {ConfigError} when a webhook is among them, and no secret to sign with.
 */
export function receiversOf(
  values: Omit<NotifyValues, "heartbeat" | "every">,
  { fleet, environment, holdMs }: {
    readonly fleet: string;
    readonly environment: Environment;
    readonly holdMs: number;
  },
): Receiver[] {
  const { notifyAlertmanager, notifyWebhook, notifyMail } = values;
  const secret = notifyWebhook.length === 0 ? undefined : webhookSecret(environment);
  return [
    ...each(
      notifyAlertmanager,
      (url) =>
        new AlertmanagerReceiver(
          `the Alertmanager at ${placeOf(url)}`,
          keyOf("alertmanager", url),
          {
            ...{ url, fleet, holdMs },
          },
        ),
    ),
    ...each(notifyWebhook, (url) => webhookReceiver(url, fleet, secret!)),
    ...each(notifyMail, (address) => mailReceiver(address, fleet, sendmailProgram(environment))),
  ];
}

function webhookReceiver(url: string, fleet: string, secret: Secret): Receiver {
  return new ChangeReceiver({
    ...{ name: `the webhook at ${placeOf(url)}`, key: keyOf("webhook", url) },
    maxChanges: maxChangesPerMessage,
    send: async (changes, dropped, limits) => {
      const message = webhookMessage({ fleet, changes, dropped });
      await deliver(url, () => ({
        method: "POST",
        headers: signedHeaders(message, secret, Date.now()),
        body: message.body,
      }), limits);
    },
  });
}

function mailReceiver(address: string, fleet: string, program: string): Receiver {
  return new ChangeReceiver({
    ...{ name: quote(address), key: keyOf("mail", address) },
    maxChanges: Infinity,
    send: async (changes, dropped, limits) => {
      const sender = Deno.hostname();
      const text = mailText({
        ...{ to: address, atMs: Date.now(), id: crypto.randomUUID(), sender },
        subject: changesSubject(fleet, changes),
        text: changesText({ fleet, changes, dropped, sender }),
      });
      await sendMail(program, text, limits);
    },
  });
}

/**
 * The secret that webhook messages are signed with.
 *
 * @throws {ConfigError} when there is none, or it is too short.
 */
export function webhookSecret(environment: Environment): Secret {
  const text = environment.get(secretVariable)?.trim() ?? "";
  const rule = text === ""
    ? 'it must be set to a secret that the receiver knows, such as what "openssl rand -base64 32" ' +
      "prints"
    : secretRule(text);
  if (rule === undefined) return new Secret(text);
  throw new ConfigError(`Cannot use "--notify-webhook" with ${secretVariable} as it is: ${rule}`);
}

function each<T>(texts: readonly string[], make: (text: string) => T): T[] {
  return [...new Set(texts)].map(make);
}

/** An address without its path, in which services of others have their secrets. */
function placeOf(url: string): string {
  return quote(new URL(url).origin);
}

function keyOf(kind: string, address: string): string {
  return `${kind}:${createHash("sha256").update(address).digest("hex").slice(0, 32)}`;
}
