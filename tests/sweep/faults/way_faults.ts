import type { Fault } from "../fault.ts";

/** Ends at once what a host that is gone would keep a sweep waiting for. */
const impatient = ["--host-timeout", "4"];

/** What lies between this machine and the programs, this machine included. */
export const wayFaults: readonly Fault[] = [
  {
    title: "a host that is frozen",
    breaks: ({ fleet }) => fleet.host("connector1").freeze(),
    mends: ({ fleet }) => fleet.host("connector1").thaw(),
    sweep: { args: impatient },
    finding: {
      ...{ host: "connector1", check: "reachable", subject: "", status: "critical" },
      value: /must answer within 4\.0 s/,
      remedy: /check that it is up and not frozen/,
    },
    consequences: [
      { host: "relay1", checks: ["services", "tunnel-probe"], because: "its connector is frozen" },
    ],
  },
  {
    title: "a host that is cut off",
    breaks: ({ fleet }) => fleet.host("connector1").cut(),
    mends: ({ fleet }) => fleet.host("connector1").mend(),
    sweep: { args: impatient },
    finding: {
      ...{ host: "connector1", check: "reachable", subject: "", status: "critical" },
      remedy: /check that (?:it|the host) is up/,
    },
    consequences: [
      { host: "relay1", checks: ["services", "tunnel-probe"], because: "its connector is cut off" },
      {
        ...{ host: "connector1", checks: ["uplinks", "journal-errors"] },
        because: "it has lost its relay",
      },
    ],
  },
  {
    title: "a tunnel that nothing comes through",
    breaks: ({ sh, fleet }) =>
      sh(
        "relay1",
        `nft add table inet fault
        nft 'add chain inet fault in { type filter hook input priority 0; }'
        nft add rule inet fault in ip saddr != ${fleet.host("connector1").address} \\
          udp dport 4433 drop`,
      ),
    mends: "nft delete table inet fault",
    finding: {
      ...{ host: "relay1", check: "tunnel-probe", subject: "service echo-service" },
      status: "critical",
      remedy: /probe -i \S+ --relay relay1 --service echo-service/,
    },
  },
  {
    title: "a tunnel that takes long",
    breaks: ({ fleet }) => fleet.host("relay1").shape({ delayMs: 200 }),
    mends: ({ fleet }) => fleet.host("relay1").clearShape(),
    sweep: { variables: { ztna_sweep_tunnel_round_trip: { warning: 300, critical: 60_000 } } },
    finding: {
      ...{ host: "relay1", check: "tunnel-round-trip", subject: "service echo-service" },
      status: "warning",
      value: /^[4-9]\d\d\.\d ms$/,
      remedy: /probe -i \S+ --relay relay1 --service echo-service/,
    },
  },
  {
    title: "what it cannot see, as it may not be root",
    breaks: "true",
    mends: "true",
    sweep: { variables: { ansible_become: false }, args: ["--limit", "connector1"] },
    finding: {
      ...{ host: "connector1", check: "privileges", subject: "", status: "warning" },
      remedy: /"ansible_become: true"/,
    },
  },
  {
    title: "a laptop without the fleet's certificates",
    breaks: "true",
    mends: "true",
    sweep: { environment: { XDG_STATE_HOME: "/nonexistent" } },
    finding: {
      ...{ host: null, check: "own-credentials", subject: "", status: "warning" },
      remedy: /fleets\/lab\/tls here; or leave them out: --no-probe/,
    },
    consequences: ["relay1", "connector1"].map((host) => ({
      ...{ host, checks: ["journal-errors"] },
      because: "it knows of no sweep before, and looks at the last hour",
    })),
  },
  {
    title: "a silence for nothing",
    breaks: "true",
    mends: "true",
    sweep: {
      variables: {
        ztna_sweep_silences: [{ check: "disk-spaces", until: "2099-01-01", reason: "known" }],
      },
    },
    finding: {
      ...{ host: null, check: "silences", subject: "disk-spaces", status: "warning" },
      remedy: /ztna_sweep_silences/,
    },
  },
];
