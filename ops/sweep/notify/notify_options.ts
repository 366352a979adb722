/** The flags that say who hears of a sweep. */

import { intervalRule, parseInterval } from "../schedule/interval.ts";
import { addressRule, isMailAddress } from "./mail_message.ts";

const group = "Notifications";

/** Who is told of what has changed, and that a sweep has ended at all. */
export const notifyOptions = {
  notifyAlertmanager: {
    type: "strings",
    flag: "--notify-alertmanager",
    placeholder: "URL",
    check: urlRule,
    group,
    help: "Send all problems to this Alertmanager: http://HOST:9093; again for each of a cluster",
  },
  notifyWebhook: {
    type: "strings",
    flag: "--notify-webhook",
    placeholder: "URL",
    check: urlRule,
    group,
    help: "Post what has changed there, signed with the secret in ZTNA_WEBHOOK_SECRET",
  },
  notifyMail: {
    type: "strings",
    flag: "--notify-mail",
    placeholder: "ADDRESS",
    check: (text: string): string | undefined => isMailAddress(text) ? undefined : addressRule,
    group,
    help: "Mail what has changed, by this machine's sendmail",
  },
  heartbeat: {
    type: "string",
    flag: "--heartbeat",
    placeholder: "URL",
    check: urlRule,
    group,
    help: "Get this address when a sweep has ended, whatever it has found: a dead man's switch",
  },
  every: {
    type: "string",
    flag: "--every",
    placeholder: "INTERVAL",
    default: "5m",
    check: (text: string): string | undefined => parseInterval(text) ? undefined : intervalRule,
    group,
    help: "How often sweeps run: an alert ends when three of them are missing",
  },
} as const;

/** An address may hold a token, so it is not looked at further than this. */
function urlRule(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return "it must be an address: https://HOST[:PORT][/PATH]";
  }
  if (url.username !== "" || url.password !== "") {
    return "it must hold no user and password, which everybody on this machine could read";
  }
  return url.hash === "" ? undefined : 'it must have no "#"';
}
