import { createRequire } from "node:module";
import process from "node:process";
import { programPermissions } from "../../ops/release/permissions.ts";

/** The native QUIC library of this checkout, where its package has one for this platform. */
function nativeLibrary(): string | undefined {
  const { platform, arch } = process;
  try {
    const quic = createRequire(import.meta.url).resolve("@matrixai/quic");
    return createRequire(quic).resolve(`@matrixai/quic-${platform}-${arch}`);
  } catch {
    return undefined;
  }
}

/**
 * The permissions that relay and connector have on a host, when what they read is below the
 * directories `read`.
 */
export function testedPermissions(read: readonly string[]): string[] {
  const library = nativeLibrary();
  return programPermissions("relay", { read, ...library && { nativeLibrary: library } });
}
