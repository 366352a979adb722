import type { CommandResource, Handler } from "../resource.ts";
import { absent, fileFact, type PlanCase } from "./plan_case.ts";

const command: CommandResource = {
  kind: "command",
  id: "command",
  summary: "make the key",
  unless: "[ -e /etc/key ]",
  script: "make-key",
};
const handlers: readonly Handler[] = [
  { id: "reload", summary: "reload systemd", script: "systemctl daemon-reload" },
  { id: "restart", summary: "restart the relay", script: "systemctl restart ztna-relay@a" },
];

/** Commands and handlers. */
export const commandCases: readonly PlanCase[] = [
  {
    title: "leaves out a command whose condition holds",
    resources: [command],
    facts: { conditions: { command: true } },
  },
  {
    title: "runs a command whose condition does not hold",
    resources: [command],
    facts: { conditions: { command: false } },
    changes: ["make the key"],
  },
  {
    title: "runs no handler when nothing has changed",
    resources: [{ ...absent, notify: ["restart"] }],
    handlers,
  },
  {
    title: "runs handlers once each, in the play's order",
    resources: [
      { ...absent, notify: ["restart", "reload"] },
      { ...command, notify: ["restart"] },
    ],
    handlers,
    facts: { paths: { "/etc/old": fileFact }, conditions: { command: false } },
    changes: ["remove the file /etc/old", "make the key"],
    due: ["reload", "restart"],
  },
  {
    title: "runs a handler that an earlier run did not get to",
    resources: [{ ...absent, notify: ["restart"] }],
    handlers,
    facts: { pendingHandlers: ["restart"] },
    due: ["restart"],
  },
];
