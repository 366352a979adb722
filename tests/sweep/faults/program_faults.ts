import { unitOf } from "../../../ops/fleet/fleet.ts";
import type { Consequence, Fault } from "../fault.ts";
import type { SweepLab } from "../sweep_lab.ts";

const relay = unitOf("relay");
const connector = unitOf("connector");
const application = unitOf("application");

/** Without its relay, or its way there, a connector has nothing to do, and says so in its journal. */
const withoutRelay: readonly Consequence[] = [
  {
    ...{ host: "connector1", checks: ["uplinks", "readyz", "journal-errors"] },
    because: "it has lost its relay",
  },
  {
    ...{ host: "relay1", checks: ["services", "tunnel-probe", "served-certificate"] },
    because: "nothing comes through it",
  },
];

const withoutConnector: readonly Consequence[] = [
  {
    ...{ host: "relay1", checks: ["services", "tunnel-probe"] },
    because: "its only connector is gone",
  },
];

/** A connector waits longer and longer for a relay that was gone: a new one does not. */
async function bringRelayBack(lab: SweepLab, script = `systemctl restart ${relay}`): Promise<void> {
  await lab.sh("relay1", script);
  await lab.sh("connector1", `systemctl restart ${connector}`);
}

function kill(signal: string, unit: string): string {
  return `systemctl kill --kill-whom=main --signal=${signal} ${unit}`;
}

/** What goes wrong with programs. */
export const programFaults: readonly Fault[] = [
  {
    title: "a program that somebody has stopped",
    breaks: `systemctl stop ${application}`,
    mends: `systemctl start ${application}`,
    finding: {
      ...{ host: "connector1", check: "unit", subject: "application", status: "critical" },
      remedy: /^Start it: .* connector1 -- systemctl start ztna-application@a\.service/,
    },
  },
  {
    title: "a relay that has gone",
    breaks: `systemctl stop ${relay}`,
    mends: bringRelayBack,
    finding: {
      ...{ host: "relay1", check: "unit", subject: "relay", status: "critical" },
      remedy: /^Start it: .* relay1 -- systemctl start ztna-relay@a\.service/,
    },
    consequences: withoutRelay,
  },
  {
    title: "a service without its connector",
    breaks: ({ sh }) => sh("connector1", `systemctl stop ${connector}`),
    mends: ({ sh }) => sh("connector1", `systemctl start ${connector}`),
    finding: {
      ...{ host: "relay1", check: "services", subject: "service echo-service" },
      status: "critical",
      value: /^0 of 1 connector registered/,
      remedy: /^Mend first: the connector of connector1 does not run$/,
    },
    consequences: [
      { host: "connector1", checks: ["unit"], because: "its program is down" },
      ...withoutConnector,
    ],
  },
  {
    title: "a program that keeps crashing",
    breaks: `for i in 1 2 3; do
      pid=$(systemctl show -P MainPID ${application})
      kill -KILL "$pid"
      until systemctl is-active -q ${application} &&
        [ "$(systemctl show -P MainPID ${application})" != "$pid" ]; do sleep 0.1; done
    done`,
    mends: "true",
    finding: {
      ...{ host: "connector1", check: "restarts", subject: "application", status: "critical" },
      value: /started again 3 times/,
      remedy: /connector1 -- journalctl .* -u ztna-application@a/,
    },
  },
  {
    title: "a program that is stopped in its tracks",
    breaks: kill("STOP", relay),
    mends: (lab) => bringRelayBack(lab, kill("CONT", relay)),
    finding: {
      ...{ host: "relay1", check: "healthz", subject: "relay", status: "critical" },
      value: /does not answer at 127\.0\.0\.1, port 9090/,
      remedy: /relay1 -- systemctl restart ztna-relay@a/,
    },
    consequences: withoutRelay,
  },
  {
    title: "a program that runs, and does not do its work",
    breaks: kill("STOP", application),
    mends: kill("CONT", application),
    finding: {
      ...{ host: "connector1", check: "readyz", subject: "application", status: "critical" },
      remedy: /connector1 -- journalctl .* -u ztna-application@a/,
    },
  },
  {
    title: "a relay that was left draining",
    breaks: kill("USR2", relay),
    mends: (lab) => bringRelayBack(lab),
    sweep: { variables: { ztna_sweep_drain: { warning: 1, critical: 600 } } },
    finding: {
      ...{ host: "relay1", check: "drain", subject: "relay", status: "warning" },
      value: /^draining for .* nobody works on the host/,
      remedy: /restart -i \S+ --limit relay1/,
    },
    consequences: withoutRelay,
  },
  {
    title: "a connector that does not hear its relay",
    breaks: `nft add table inet fault
      nft 'add chain inet fault in { type filter hook input priority 0; }'
      nft add rule inet fault in iifname eth0 meta l4proto udp drop
      systemctl restart ${connector}`,
    mends: `nft delete table inet fault; systemctl restart ${connector}`,
    finding: {
      ...{ host: "connector1", check: "uplinks", subject: "service echo-service" },
      status: "critical",
      value: /^not registered with relay1/,
      remedy: /connector1 -- journalctl .* -u ztna-connector@a/,
    },
    consequences: [
      { host: "connector1", checks: ["journal-errors"], because: "it says so there, too" },
      ...withoutConnector,
    ],
  },
  {
    title: "a stranger at a program's port",
    breaks: `systemctl stop ${application}
      systemd-run --quiet --unit=stranger python3 -m http.server --bind 127.0.0.1 9999
      until ss -ltn | grep -q :9999; do sleep 0.1; done`,
    mends: `systemctl stop stranger; systemctl start ${application}`,
    finding: {
      ...{ host: "connector1", check: "ports", subject: "TCP 9999", status: "critical" },
      value: /^"python3" \(process \d+\) has the application's port$/,
      remedy: /connector1 -- ps -fp \d+$/,
    },
    consequences: [{ host: "connector1", checks: ["unit"], because: "its program is down" }],
  },
  {
    title: "an admin port that is open to the world",
    breaks: `cp -a /etc/ztna/connector.json /etc/ztna/connector.json.kept
      sed -i '/"metrics_bind"/s/127\\.0\\.0\\.1/0.0.0.0/' /etc/ztna/connector.json
      grep -q '"metrics_bind": "0.0.0.0"' /etc/ztna/connector.json
      systemctl restart ${connector}`,
    mends: `mv /etc/ztna/connector.json.kept /etc/ztna/connector.json
      systemctl restart ${connector}`,
    finding: {
      ...{ host: "connector1", check: "exposure", subject: "connector TCP 9091" },
      status: "critical",
      value: /^open at (?:0\.0\.0\.0|\*) /,
      remedy: /^Close it: .*deploy -i \S+ --limit connector1/,
    },
    consequences: [
      {
        ...{ host: "connector1", checks: ["configuration"] },
        because: "its configuration is not as deployed",
      },
    ],
  },
  {
    title: "an error in a program's journal",
    // Who has gone before the journal looks is nobody's.
    breaks: `sh -c '
      echo $$ > /sys/fs/cgroup$(systemctl show -P ControlGroup ${relay})/cgroup.procs
      { echo "Cannot go on"; journalctl --sync; } | systemd-cat -p err'`,
    mends: "true",
    finding: {
      ...{ host: "relay1", check: "journal-errors", subject: "relay", status: "warning" },
      value: /^1 error in the last .*, the last: Cannot go on$/,
      remedy: /logs -i \S+ --limit relay1 --program relay/,
    },
  },
  {
    title: "a library that an update has replaced",
    breaks: `libm=$(readlink -f /lib/x86_64-linux-gnu/libm.so.6)
      cp -a "$libm" "$libm.new" && mv "$libm.new" "$libm"`,
    mends: (lab) => bringRelayBack(lab),
    finding: {
      ...{ host: "relay1", check: "pending-restart", subject: "relay", status: "warning" },
      remedy: /restart -i \S+ --limit relay1/,
    },
  },
];
