import { absent, directoryFact, fileFact, link, linkFact, type PlanCase } from "./plan_case.ts";

/** Links, and what must not be there. */
export const linkCases: readonly PlanCase[] = [
  {
    title: "leaves a link alone that points where it must",
    resources: [link],
    facts: { paths: { "/opt/current": { ...linkFact, target: "releases/2" } } },
  },
  {
    title: "makes a link",
    resources: [link],
    facts: { parents: ["/opt"] },
    changes: ["link /opt/current to releases/2"],
  },
  {
    title: "points a link elsewhere",
    resources: [link],
    facts: { paths: { "/opt/current": { ...linkFact, target: "releases/1" } } },
    changes: ["replace /opt/current by a link: target releases/1 -> releases/2"],
  },
  {
    title: "replaces a file where a link must be",
    resources: [link],
    facts: { paths: { "/opt/current": fileFact } },
    changes: ["replace /opt/current by a link: target a file -> releases/2"],
  },
  {
    title: "never replaces a directory by a link",
    resources: [link],
    facts: { paths: { "/opt/current": directoryFact } },
    conflicts: ["a directory is there"],
  },
  {
    title: "names a hostile target harmlessly",
    resources: [{ ...link, target: "$(reboot)\n" }],
    facts: { parents: ["/opt"] },
    changes: [String.raw`link /opt/current to "$(reboot)\n"`],
  },
  { title: "leaves nothing where nothing must be", resources: [absent] },
  {
    title: "removes a file",
    resources: [absent],
    facts: { paths: { "/etc/old": fileFact } },
    changes: ["remove the file /etc/old"],
  },
  {
    title: "removes a link, and not what it points to",
    resources: [absent],
    facts: { paths: { "/etc/old": linkFact } },
    changes: ["remove the link /etc/old"],
  },
  {
    title: "removes a directory",
    resources: [absent],
    facts: { paths: { "/etc/old": directoryFact } },
    changes: ["remove the directory /etc/old"],
  },
];
