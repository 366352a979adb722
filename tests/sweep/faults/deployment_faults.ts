import { defaultPendingDirectory } from "../../../ops/engine/resource/pending_handlers.ts";
import { handlerOf } from "../../../ops/fleet/host_plays.ts";
import { hostPaths } from "../../../ops/host_paths.ts";
import type { Fault } from "../fault.ts";
import { expired, renewed } from "./other_certificates.ts";

const history = `${hostPaths.releases}/.history`;
const pending = `${defaultPendingDirectory}/${handlerOf("restart", "relay")}`;

/** What is on a host and should not be, or the other way round. */
export const deploymentFaults: readonly Fault[] = [
  {
    title: "a link to another release",
    breaks: `cd ${hostPaths.root}
      cp -al "$(readlink current)" releases/0.0.1-000000000000
      readlink current > /run/linked && ln -sfn releases/0.0.1-000000000000 current`,
    mends: `cd ${hostPaths.root}
      ln -sfn "$(cat /run/linked)" current; rm -r /run/linked releases/0.0.1-000000000000`,
    finding: {
      ...{ host: "relay1", check: "release", subject: "", status: "warning" },
      value: /^has 0\.0\.1-000000000000, the fleet's is 0\.1\.0-/,
      remedy: /deploy -i \S+ --limit relay1; or back: .*rollback/,
    },
    consequences: [
      { host: "relay1", checks: ["release"], because: "the relay runs what it ran before" },
    ],
  },
  {
    title: "a release that is two years old",
    breaks: `cp -a ${history} /run/history
      sed -i 's/^[0-9]*/2023/' ${history}`,
    mends: `cp -a /run/history ${history}; rm /run/history`,
    finding: {
      ...{ host: "connector1", check: "release-age", subject: "", status: "critical" },
      value: /^switched to \d+ days ago, Deno \d/,
      remedy: /git pull, then .*deploy -i \S+ --limit connector1/,
    },
  },
  {
    title: "a run that was cut off",
    breaks: `mkdir -p ${defaultPendingDirectory}; touch '${pending}'`,
    mends: `rm '${pending}'`,
    finding: {
      ...{ host: "relay1", check: "unfinished-run", subject: "", status: "warning" },
      value: /cut off before it could restart .*relay/,
      remedy: /^Finish it: .*deploy -i \S+ --limit relay1/,
    },
  },
  {
    title: "a configuration that was edited by hand",
    breaks: `cp -a ${hostPaths.config}/relay.json /run/relay.json
      echo >> ${hostPaths.config}/relay.json`,
    mends: `cp -a /run/relay.json ${hostPaths.config}/; rm /run/relay.json`,
    finding: {
      ...{ host: "relay1", check: "configuration", subject: `${hostPaths.config}/relay.json` },
      status: "warning",
      remedy: /deploy -i \S+ --limit relay1 --check --diff/,
    },
  },
  {
    title: "a key that others can read",
    breaks: `chmod 644 ${hostPaths.tls}/connector.key`,
    mends: `chmod 600 ${hostPaths.tls}/connector.key`,
    finding: {
      ...{
        host: "connector1",
        check: "key-permissions",
        subject: `${hostPaths.tls}/connector.key`,
      },
      status: "critical",
      remedy: /deploy -i \S+ --limit connector1; others may have read it/,
    },
  },
  {
    title: "a key that does not belong to its certificate",
    breaks: `cp -a ${hostPaths.tls}/connector.key /run/connector.key
      openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \\
        > ${hostPaths.tls}/connector.key`,
    mends: `cp -a /run/connector.key ${hostPaths.tls}/; rm /run/connector.key`,
    finding: {
      ...{ host: "connector1", check: "certificate", subject: "connector", status: "critical" },
      value: /connector\.key is not its key$/,
      remedy: /deploy -i \S+ --limit connector1/,
    },
  },
  {
    title: "a certificate that has expired",
    ...expired,
    finding: {
      ...{ host: "relay1", check: "certificate", subject: "relay", status: "critical" },
      value: /^expired on \d{4}-/,
      remedy: /^Renew it: .*deploy -i \S+ --limit relay1/,
    },
    consequences: [
      { host: "relay1", checks: ["served-certificate"], because: "it presents the old one still" },
    ],
  },
  {
    title: "a relay that presents an old certificate",
    ...renewed,
    finding: {
      ...{ host: "relay1", check: "served-certificate", subject: "relay", status: "warning" },
      value: /^not the one on its disk; /,
      remedy: /relay1 -- systemctl reload ztna-relay@a/,
    },
    consequences: [
      {
        ...{ host: "relay1", checks: ["configuration"] },
        because: "the certificate on its disk is not that of this machine",
      },
    ],
  },
];
