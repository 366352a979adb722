import { shellCommand } from "../../engine/connection/quote.ts";
import { type FleetHost, metricsTargetsOf, programsOf } from "../../fleet/fleet.ts";
import {
  authorityFile,
  metricsTlsFiles,
  retryKeyFile,
  tlsFilesOf,
} from "../../fleet/program_files.ts";
import { hostPaths } from "../../host_paths.ts";
import type { FactSource } from "./fact_source.ts";

/** What is at a path; links are looked at, not followed. */
export interface TlsPath {
  readonly type: "file" | "directory" | "link" | "other";
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

/** What a host has of TLS. */
export interface TlsFacts {
  /** By path; no entry where nothing is. */
  readonly paths: Readonly<Record<string, TlsPath>>;
  /** Texts of the certificates' files by their paths; at most 16 KiB of each. */
  readonly certificates: Readonly<Record<string, string>>;
  /** The public half of keys by their paths: SubjectPublicKeyInfo in base64. */
  readonly publicKeys: Readonly<Record<string, string>>;
  /** Whether the host has the program that tells the public half of a key. */
  readonly tellsPublicKeys: boolean;
}

/** A certificate that a host must have, with its key. */
export interface TlsPair {
  /** Whose it is. */
  readonly program: "relay" | "connector" | "metrics";
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** The certificates that a host must have, with their keys. */
export function tlsPairsOf(host: FleetHost): TlsPair[] {
  const programs = programsOf(host).filter((program) => program !== "application");
  return [
    ...programs.map((program) => ({ program, ...tlsFilesOf(program) })),
    ...metricsTargetsOf(host).length === 0
      ? []
      : [{ program: "metrics" as const, ...metricsTlsFiles }],
  ];
}

/** The files that must be secret. */
export function keyFilesOf(host: FleetHost): string[] {
  return [
    ...tlsPairsOf(host).map(({ keyFile }) => keyFile),
    ...host.relay === undefined ? [] : [retryKeyFile],
  ];
}

/** The directories that they are in, from the outside to the inside. */
export const tlsDirectories: readonly string[] = [hostPaths.config, hostPaths.tls];

/** Certificates, their keys' public halves, and who may read what. No key leaves the host. */
export const tls: FactSource<TlsFacts> = {
  script({ host }): string {
    const pairs = tlsPairsOf(host);
    if (pairs.length === 0) return "echo end\n";
    const certificates = [authorityFile, ...pairs.map(({ certificateFile }) => certificateFile)];
    const keys = pairs.map(({ keyFile }) => keyFile);
    return `stat -c 'path %n %f %U %G' -- ${
      shellCommand([...tlsDirectories, ...certificates, ...keyFilesOf(host)])
    } 2> /dev/null
set --
for file in ${shellCommand(certificates)}; do
  [ ! -f "$file" ] || set -- "$@" "$file"
done
if [ $# -gt 0 ]; then
  printf '%s ' certificates "$@"
  head -v -c ${maxCertificateBytes} -- "$@" | base64 -w 0
  echo
fi
if command -v openssl > /dev/null; then
  echo openssl
  for file in ${shellCommand(keys)}; do
    [ -f "$file" ] || continue
    echo "key $file" $(timeout 5 openssl pkey -in "$file" -passin pass: -pubout 2> /dev/null)
  done
fi
echo end
`;
  },

  parse(output, { host }): TlsFacts | undefined {
    if (output.length > maxLength || !/(?:^|\n)end\n$/.test(output)) return undefined;
    const pairs = tlsPairsOf(host);
    const known = new Set([
      ...tlsDirectories,
      ...[authorityFile, ...keyFilesOf(host)],
      ...pairs.map(({ certificateFile }) => certificateFile),
    ]);
    const paths: Record<string, TlsPath> = {};
    const certificates: Record<string, string> = {};
    const publicKeys: Record<string, string> = {};
    for (const line of output.split("\n")) {
      const [kind, path = "", ...words] = line.split(" ");
      if (kind === "certificates") {
        const texts = readFiles(decoded(words.pop() ?? ""));
        for (const [index, file] of [path, ...words].entries()) {
          if (known.has(file)) certificates[file] = texts[index] ?? "";
        }
      }
      if (!known.has(path)) continue;
      if (kind === "path") {
        const found = readPath(words);
        if (found !== undefined) paths[path] = found;
      } else if (kind === "key") {
        const key = readPublicKey(words.join(" "));
        if (key !== undefined) publicKeys[path] = key;
      }
    }
    const tellsPublicKeys = /^openssl$/m.test(output);
    return { paths, certificates, publicKeys, tellsPublicKeys };
  },
};

/** Most of a certificate's file that is read, in bytes: ours have 1 KB, a long chain 10. */
const maxCertificateBytes = 16 * 1024;
/** Longest public key in base64 and lines: an RSA key of 16,384 bits. */
const maxKeyLength = 4096;
/** Longest output that makes sense: four certificates in base64, three keys, and a few paths. */
const maxLength = 128 * 1024;

/** Reads what `head -v` prints: a line with its name in front of each file, an empty one between. */
function readFiles(text: string): string[] {
  return text.split(/(?:^|\n)==> [^\n]{1,200} <==\n/).slice(1);
}

/** The base64 of a public key in PEM whose lines have become words. */
function readPublicKey(text: string): string | undefined {
  const [, lines] = /^-----BEGIN PUBLIC KEY----- ([\w+/= ]+) -----END PUBLIC KEY-----$/
    .exec(text.slice(0, maxKeyLength)) ?? [];
  return lines?.replaceAll(" ", "");
}

function readPath([mode = "", owner = "", group = ""]: readonly string[]): TlsPath | undefined {
  if (!/^[0-9a-f]{1,8}$/.test(mode) || ![owner, group].every((name) => /^\S{1,64}$/.test(name))) {
    return undefined;
  }
  const bits = parseInt(mode, 16);
  return { type: typeOf(bits), mode: bits & 0o7777, owner, group };
}

/** From the mode bits of Linux, `S_IFMT`. */
function typeOf(bits: number): TlsPath["type"] {
  switch (bits & 0o170000) {
    case 0o100000:
      return "file";
    case 0o040000:
      return "directory";
    case 0o120000:
      return "link";
    default:
      return "other";
  }
}

function decoded(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(base64));
  } catch {
    return "";
  }
}
