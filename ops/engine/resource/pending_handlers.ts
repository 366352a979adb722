/**
 * Where a host keeps the handlers that are due: an empty file each, made before the first change
 * that needs the handler, and removed after the handler ran. Root's own, unlike the programs' state.
 */
export const defaultPendingDirectory = "/var/lib/ztna-fleet/pending";

/** The file that says that a handler is due. */
export function pendingFile(handler: string, directory: string): string {
  return `${directory}/${handler}`;
}
