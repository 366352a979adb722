import type { CloseReason } from "./connection_handler.ts";
import type { NativeConnection } from "./quiche.ts";

const noCode = 0;

/** Why a native connection that has ended did so. */
export function readCloseReason(native: NativeConnection, wasEstablished: boolean): CloseReason {
  const peerError = native.peerError();
  const error = peerError ?? native.localError();
  let by: CloseReason["by"] = "stateless_reset";
  if (!wasEstablished) by = "handshake";
  else if (peerError !== null) by = "peer";
  else if (error !== null) by = "local";
  else if (native.isTimedOut()) by = "idle_timeout";
  return {
    by,
    application: error?.isApp ?? false,
    code: error?.errorCode ?? noCode,
    text: error === null ? "" : new TextDecoder().decode(new Uint8Array(error.reason)),
  };
}
