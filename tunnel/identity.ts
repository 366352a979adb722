/**
 * From a client's certificate to who this is and what it may do (protocol section 9.1).
 *
 * The QUIC library has verified the chain before this runs; what a certificate *says* is hostile
 * all the same. {@linkcode readIdentity} costs about 10 µs for a certificate of the usual size.
 * (`@peculiar/x509` takes 2 ms; `node:crypto` 20 µs, but gives the alternative names as one text
 * without quoting, in which a name such as `x, DNS:agent.y.ztna` looks like two.)
 */

import {
  derContentsEqual,
  type DerElement,
  derTag,
  readDer,
  readDerChildren,
  readDerTagged,
  readDerText,
  readDerTime,
} from "./der.ts";

/** What a program is to the relay. */
export type IdentityRole = "agent" | "connector";

/** One thing that a certificate allows: to act as `role` for `serviceId`, or for all (`"*"`). */
export interface AuthorisedName {
  readonly role: IdentityRole;
  /** Lower-cased service ID, or `"*"` for every service. */
  readonly serviceId: string;
}

/** Who a certificate speaks for. */
export interface Identity {
  /** The first common name of the subject; never empty. */
  readonly commonName: string;
  /** What it may do; empty when it has no `ROLE.SERVICE.ztna` name, and then it may do nothing. */
  readonly names: readonly AuthorisedName[];
  /** When the certificate ends, in milliseconds since 1970. */
  readonly notAfter: number;
}

/** What a certificate says, as far as these programs look. */
export interface CertificateContents {
  /** The first common name of the subject, if it has one that can be read and is not empty. */
  readonly commonName: string | undefined;
  /** The DNS names of the subjectAltName extension, as written. */
  readonly dnsNames: readonly string[];
  /** Validity, in milliseconds since 1970, both ends included. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The DER of SubjectPublicKeyInfo, a view of the certificate's bytes. */
  readonly publicKey: Uint8Array;
}

/** Why a certificate gives no identity. */
export type IdentityErrorCode = "bad_certificate" | "no_common_name";

/** A certificate that gives no identity. A value, not an exception: strangers cause these. */
export class IdentityError {
  constructor(
    /** Which rule it broke; a metric label. */
    readonly code: IdentityErrorCode,
    /** For people. */
    readonly message: string,
  ) {
    Object.freeze(this);
  }
}

const badCertificate = new IdentityError(
  "bad_certificate",
  "The certificate is not readable X.509 in DER",
);
const noCommonName = new IdentityError(
  "no_common_name",
  "The certificate's subject has no common name",
);

/** Whether `value` is an {@linkcode IdentityError}. */
export function isIdentityError(value: unknown): value is IdentityError {
  return value instanceof IdentityError;
}

/**
 * The identity in a DER certificate (the leaf of the chain). Never throws.
 * A certificate without a readable common name is an error, whatever its other names.
 */
export function readIdentity(der: Uint8Array): Identity | IdentityError {
  const contents = readCertificate(der);
  if (contents === undefined) return badCertificate;
  if (contents.commonName === undefined) return noCommonName;
  return {
    commonName: contents.commonName,
    names: authorisedNames(contents.dnsNames),
    notAfter: contents.notAfter,
  };
}

/**
 * Whether a client may act as `role` for `serviceId`, as it sent it: the certificate's names are
 * lower-cased, the ID is not, so an ID with capitals needs the wildcard.
 *
 * Without a certificate everything is allowed exactly when client certificates are not required.
 * With one, its names decide, also when none was required: no names, nothing allowed.
 */
export function isAuthorized(
  identity: Identity | undefined,
  role: IdentityRole,
  serviceId: string,
  requireClientCertificate: boolean,
): boolean {
  if (identity === undefined) return !requireClientCertificate;
  for (const name of identity.names) {
    if (name.role === role && (name.serviceId === "*" || name.serviceId === serviceId)) return true;
  }
  return false;
}

/** What `ROLE.SERVICE.ztna` names among `dnsNames` allow, without repetitions (section 9.1). */
export function authorisedNames(dnsNames: readonly string[]): AuthorisedName[] {
  const names = new Map<string, AuthorisedName>();
  for (const dnsName of dnsNames) {
    const name = parseAuthorisedName(dnsName);
    if (name !== undefined) names.set(`${name.role}:${name.serviceId}`, name);
  }
  return [...names.values()];
}

const suffix = ".ztna";

function parseAuthorisedName(dnsName: string): AuthorisedName | undefined {
  const lower = dnsName.toLowerCase();
  if (!lower.endsWith(suffix)) return undefined;
  const rest = lower.slice(0, -suffix.length);
  const dot = rest.indexOf(".");
  if (dot < 0) return undefined;
  const role = rest.slice(0, dot);
  const serviceId = rest.slice(dot + 1);
  if ((role !== "agent" && role !== "connector") || serviceId === "") return undefined;
  return { role, serviceId };
}

// Object identifiers, DER contents (RFC 5280 appendix A).
const commonNameOid = [0x55, 0x04, 0x03]; // 2.5.4.3
const subjectAltNameOid = [0x55, 0x1d, 0x11]; // 2.5.29.17
const dnsNameTag = derTag.contextPrimitive | 2; // GeneralName [2] IA5String

/**
 * Reads a DER certificate (RFC 5280 section 4.1). Returns `undefined` when it is not strictly
 * well-formed, has trailing bytes, or has the same extension twice, which readers would take
 * differently. Never throws.
 */
export function readCertificate(der: Uint8Array): CertificateContents | undefined {
  const certificate = readDerTagged(der, 0, der.length, derTag.sequence);
  if (certificate === undefined || certificate.end !== der.length) return undefined;
  const parts = readDerChildren(der, certificate);
  if (parts?.length !== 3 || parts[0]!.tag !== derTag.sequence) return undefined;
  const fields = readDerChildren(der, parts[0]!);
  if (fields === undefined) return undefined;
  // version [0] is absent in X.509 version 1
  const at = fields[0]?.tag === derTag.contextConstructed ? 1 : 0;
  const [serial, algorithm, issuer, validity, subject, publicKey] = fields.slice(at, at + 6);
  if (
    serial?.tag !== derTag.integer || algorithm?.tag !== derTag.sequence ||
    issuer?.tag !== derTag.sequence || validity?.tag !== derTag.sequence ||
    subject?.tag !== derTag.sequence || publicKey?.tag !== derTag.sequence
  ) return undefined;
  const period = readValidity(der, validity);
  const commonName = readCommonName(der, subject);
  const dnsNames = readDnsNames(der, fields.slice(at + 6));
  if (period === undefined || commonName === undefined || dnsNames === undefined) return undefined;
  return {
    commonName: commonName === "" ? undefined : commonName,
    dnsNames,
    ...period,
    publicKey: der.subarray(publicKey.headerStart, publicKey.end),
  };
}

function readValidity(
  der: Uint8Array,
  validity: DerElement,
): { notBefore: number; notAfter: number } | undefined {
  const times = readDerChildren(der, validity);
  if (times?.length !== 2) return undefined;
  const notBefore = readDerTime(der, times[0]!);
  const notAfter = readDerTime(der, times[1]!);
  if (notBefore === undefined || notAfter === undefined) return undefined;
  return { notBefore, notAfter };
}

/** The first common name; `""` when there is none; `undefined` when the subject can't be read. */
function readCommonName(der: Uint8Array, subject: DerElement): string | undefined {
  const sets = readDerChildren(der, subject);
  if (sets === undefined) return undefined;
  let found: string | undefined;
  for (const set of sets) {
    const attributes = set.tag === derTag.set ? readDerChildren(der, set) : undefined;
    if (attributes === undefined) return undefined;
    for (const attribute of attributes) {
      const parts = attribute.tag === derTag.sequence ? readDerChildren(der, attribute) : undefined;
      if (parts?.length !== 2 || parts[0]!.tag !== derTag.objectIdentifier) return undefined;
      if (found !== undefined || !derContentsEqual(der, parts[0]!, commonNameOid)) continue;
      found = readDerText(der, parts[1]!);
      if (found === undefined) return undefined;
    }
  }
  return found ?? "";
}

/** The DNS names among the fields after the public key; `undefined` when these can't be read. */
function readDnsNames(der: Uint8Array, rest: readonly DerElement[]): string[] | undefined {
  let names: string[] | undefined = [];
  let hasExtensions = false;
  for (const field of rest) {
    // issuerUniqueID [1] and subjectUniqueID [2] may stand before; nobody issues them
    if (
      field.tag === (derTag.contextPrimitive | 1) || field.tag === (derTag.contextPrimitive | 2)
    ) {
      continue;
    }
    if (field.tag !== (derTag.contextConstructed | 3) || hasExtensions) return undefined;
    hasExtensions = true;
    names = readExtensions(der, field);
    if (names === undefined) return undefined;
  }
  return names;
}

function readExtensions(der: Uint8Array, field: DerElement): string[] | undefined {
  const list = readDerTagged(der, field.start, field.end, derTag.sequence);
  const extensions = list?.end === field.end ? readDerChildren(der, list) : undefined;
  if (extensions === undefined) return undefined;
  let names: string[] | undefined;
  for (const extension of extensions) {
    const parts = extension.tag === derTag.sequence ? readDerChildren(der, extension) : undefined;
    const value = parts?.at(-1); // after the identifier and the optional "critical"
    if (
      parts === undefined || parts.length < 2 || parts.length > 3 ||
      parts[0]!.tag !== derTag.objectIdentifier || value?.tag !== derTag.octetString ||
      (parts.length === 3 && parts[1]!.tag !== derTag.boolean)
    ) return undefined;
    if (!derContentsEqual(der, parts[0]!, subjectAltNameOid)) continue;
    if (names !== undefined) return undefined;
    names = readGeneralNames(der, value);
    if (names === undefined) return undefined;
  }
  return names ?? [];
}

function readGeneralNames(der: Uint8Array, value: DerElement): string[] | undefined {
  const list = readDer(der, value.start, value.end);
  if (list?.tag !== derTag.sequence || list.end !== value.end) return undefined;
  const generalNames = readDerChildren(der, list);
  if (generalNames === undefined) return undefined;
  const names: string[] = [];
  for (const name of generalNames) {
    if (name.tag !== dnsNameTag) continue;
    const text = readDerText(der, { ...name, tag: derTag.ia5String });
    if (text === undefined) return undefined;
    // A name with a space or a control character in it is no DNS name: it allows nothing.
    if (/^[\x21-\x7e]+$/.test(text)) names.push(text);
  }
  return names;
}
