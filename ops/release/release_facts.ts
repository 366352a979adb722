import { shellQuote } from "../engine/connection/quote.ts";
import { defaultRoot, directoryWord, layoutVariables, namePattern } from "./host_layout.ts";
import { listingDigestScript } from "./listing_digest.ts";
import type { Archive, Release } from "./release.ts";

/** An upload that did not come to its end. */
export interface PartialUpload {
  readonly bytes: number;
  /** Of what is there, in hexadecimal. */
  readonly sha256: string;
}

/** What a host has of releases. */
export interface ReleaseFacts {
  /** What `current` points to; `undefined` when there is no such link, or it points elsewhere. */
  readonly current: string | undefined;
  /** Releases that are there, by name. A release's directory is complete or absent. */
  readonly releases: ReadonlySet<string>;
  readonly runtimes: ReadonlySet<string>;
  /** Of the release that was asked for and its runtime: those whose files are all there. */
  readonly intact: ReadonlySet<string>;
  /** By the name of the archive; of the same two. */
  readonly partialUploads: ReadonlyMap<string, PartialUpload>;
  /** Releases in the order in which they were switched to, the last one last. */
  readonly activations: readonly string[];
}

/** Activations that are looked at; a host is switched a few times a week. */
const maxActivations = 100;

/**
 * A script that prints what {@linkcode parseReleaseFacts} reads. It changes nothing, and costs some
 * ten processes.
 *
 * @param release What is going to be deployed, to learn what of it is there already.
 */
export function releaseFactsScript(release?: Release, root: string = defaultRoot): string {
  const wanted = release === undefined ? [] : [release.runtime, release.archive];
  return `${layoutVariables(root)}set +f
target=$(readlink "$root/current") && echo "current $target"
for file in "$releases"/*/SHA256SUMS "$runtimes"/*/SHA256SUMS; do
  [ -f "$file" ] || continue
  directory=\${file%/SHA256SUMS}
  kind=\${directory%/*}
  echo "\${kind##*/} \${directory##*/}"
done
${
    wanted.map(archiveFactsScript).join("")
  }[ ! -f "$history" ] || tail -n ${maxActivations} "$history" | sed 's/^/activated /'
`;
}

function archiveFactsScript(archive: Archive): string {
  const name = shellQuote(archive.name);
  const directory = directoryWord(archive);
  return `if [ -f ${directory}/SHA256SUMS ]; then
  [ "$(${listingDigestScript(directory)})" != ${archive.listingSha256} ] || echo intact ${name}
elif [ -f "$uploads"/${name} ]; then
  echo upload ${name} "$(stat -c %s "$uploads"/${name})" "$(sha256sum < "$uploads"/${name})"
fi
`;
}

/**
 * Reads what {@linkcode releaseFactsScript} has printed. Whatever else is in the text is passed
 * over: at worst something is uploaded again.
 */
export function parseReleaseFacts(output: string): ReleaseFacts {
  let current: string | undefined;
  const releases = new Set<string>();
  const runtimes = new Set<string>();
  const intact = new Set<string>();
  const partialUploads = new Map<string, PartialUpload>();
  const activations: string[] = [];
  for (const line of output.split("\n")) {
    const [kind, name = "", ...rest] = line.split(" ");
    if (kind === "current") current = linkedRelease(name);
    else if (kind === "activated") {
      const activated = rest[0] ?? "";
      if (namePattern.test(activated)) activations.push(activated);
    } else if (!namePattern.test(name)) continue;
    else if (kind === "releases") releases.add(name);
    else if (kind === "runtime") runtimes.add(name);
    else if (kind === "intact") intact.add(name);
    else if (kind === "upload") {
      const [bytes = "", sha256 = ""] = rest;
      if (!/^\d{1,15}$/.test(bytes) || !/^[0-9a-f]{64}$/.test(sha256)) continue;
      partialUploads.set(name, { bytes: Number(bytes), sha256 });
    }
  }
  return { current, releases, runtimes, intact, partialUploads, activations };
}

/** Whether nothing of an archive has to be uploaded. */
export function isThere(archive: Archive, facts: ReleaseFacts): boolean {
  const present = archive.kind === "release" ? facts.releases : facts.runtimes;
  return present.has(archive.name) && facts.intact.has(archive.name);
}

/**
 * Releases that a host can go back to: those that it ran before the current one, the last one
 * first. One that was switched to later, and undone, is none of them.
 */
export function rollbackCandidates({ current, releases, activations }: ReleaseFacts): string[] {
  const since = current === undefined ? -1 : activations.lastIndexOf(current);
  const before = since < 0 ? activations : activations.slice(0, since);
  return [...new Set(before.toReversed())].filter((id) => id !== current && releases.has(id));
}

function linkedRelease(target: string): string | undefined {
  const [, name] = /^releases\/([^/]+)$/.exec(target) ?? [];
  return name !== undefined && namePattern.test(name) ? name : undefined;
}
