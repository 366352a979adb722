/** A process that builds a release and prints it. Arguments: checkout, cache directory. */

import { buildRelease } from "./build_release.ts";

const [checkout, cacheDirectory] = Deno.args;
const release = await buildRelease({
  checkout: checkout!,
  cacheDirectory: cacheDirectory!,
  platform: "linux-x64",
  signal: new AbortController().signal,
});
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(release)));
