import { createHash, createHmac } from "node:crypto";
import type { Secret } from "../../engine/secret.ts";
import type { NotifiedChange } from "./change.ts";

/** Version of the messages. */
const schema = 1;

/** Changes in one message: 600 KB at most. More of them are several messages. */
export const maxChangesPerMessage = 250;

/** Signed messages are those of https://www.standardwebhooks.com; this marks secrets in base64. */
const encodedSecretPrefix = "whsec_";

/** A message to a webhook. */
export interface WebhookMessage {
  /** The same whenever it is tried again. */
  readonly id: string;
  readonly body: string;
}

/** Makes a message of changes, from old to new. */
export function webhookMessage(
  { fleet, changes, dropped }: {
    readonly fleet: string;
    readonly changes: readonly NotifiedChange[];
    /** Changes before these that were too many to keep. */
    readonly dropped: number;
  },
): WebhookMessage {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const body = JSON.stringify({
    schema,
    type: "sweep.changed",
    fleet,
    changes: changes.map(({ id, kind, atMs, sinceMs, ...change }) => {
      const { host, check, subject, from, to, value, remedy } = change;
      return {
        ...{ id, kind, at: iso(atMs), host, check, subject, from, to, since: iso(sinceMs) },
        ...{ value, remedy },
      };
    }),
    dropped,
  });
  // Of what is in it: the next sweep may try again with the same, and the receiver can tell.
  const ids = changes.map(({ id }) => id).join(" ");
  return { id: `msg_${createHash("sha256").update(ids).digest("hex").slice(0, 32)}`, body };
}

/**
 * The headers of an attempt to send a message.
 *
 * @param nowMs This machine's clock: receivers refuse what is old.
 */
export function signedHeaders(
  { id, body }: WebhookMessage,
  secret: Secret,
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = createHmac("sha256", keyOf(secret.reveal()))
    .update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}

/** Whether a secret can be used, as a rule; `undefined` when it can. */
export function secretRule(secret: string): string | undefined {
  const { length } = keyOf(secret);
  return length < 16
    ? `it must have at least 16 bytes, such as those of "openssl rand -base64 32"`
    : undefined;
}

function keyOf(secret: string): Uint8Array {
  if (!secret.startsWith(encodedSecretPrefix)) return new TextEncoder().encode(secret);
  try {
    return Uint8Array.fromBase64(secret.slice(encodedSecretPrefix.length));
  } catch {
    return new Uint8Array();
  }
}
