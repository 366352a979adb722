import { authorityFile } from "../../../fleet/program_files.ts";
import { tlsPairsOf } from "../../facts/tls.ts";
import type { Fix, Treatment } from "../fix.ts";

/** Renews certificates as a deploy does. A new authority is none of its business. */
export const renewCertificate: Fix = {
  check: "certificate",
  does:
    "Renews the certificate by the fleet's authority where that is due, brings it and its key " +
    "to the host, and has the program read them; only from the machine that deploys",

  treat({ subject }, { host, facts, authority, canIssue }): Treatment | undefined {
    const pair = tlsPairsOf(host).find(({ program }) => program === subject);
    if (pair === undefined) return undefined;
    if (!canIssue || authority === undefined) {
      return {
        leave: "this machine does not have the fleet's authority: sweep from the one that deploys",
      };
    }
    const trusted = facts.tls?.certificates[authorityFile] ?? "";
    if (trusted.trim() !== authority.trim()) {
      return { leave: "the host trusts another authority than this machine has: deploy it" };
    }
    const { certificateFile, keyFile } = pair;
    return {
      mend: {
        resources: [`file:${certificateFile}`, `file:${keyFile}`],
        needsCredentials: true,
      },
    };
  },
};
