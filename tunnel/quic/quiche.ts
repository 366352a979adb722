import { ConfigError } from "../errors.ts";
import type { native } from "@matrixai/quic";

/** The native quiche binding: connections, configurations, packet functions. */
export type Quiche = typeof native.quiche;
/** A native connection. */
export type NativeConnection = ReturnType<Quiche["Connection"]["connect"]>;
/** A native TLS and transport configuration. */
export type NativeConfig = InstanceType<Quiche["Config"]>;

/** Platforms that the binding is published for. */
const supportedPlatforms = ["linux-x86_64", "darwin-x86_64", "darwin-aarch64", "windows-x86_64"];

/**
 * Loads the native binding. Kept behind a function so that an unsupported platform gets a message
 * instead of a loader's stack trace.
 *
 * @throws {ConfigError} when there is no binding for this platform.
 */
async function loadQuiche(): Promise<Quiche> {
  const platform = `${Deno.build.os}-${Deno.build.arch}`;
  if (!supportedPlatforms.includes(platform)) {
    throw new ConfigError(
      `Cannot start QUIC as there is no native library for this platform: current value is ` +
        `"${platform}", expected one of ${supportedPlatforms.join(", ")}`,
    );
  }
  const module = await import("@matrixai/quic");
  return module.native.quiche;
}

/** The native quiche binding of this platform. */
export const quiche: Quiche = await loadQuiche();
