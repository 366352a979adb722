import type { BuildInputs, DenoConfig } from "./build_inputs.ts";
import { entryPoints, launcher, runtimeName } from "./launcher.ts";
import { layOut } from "./node_modules.ts";
import type { PackageContents } from "./package_contents.ts";
import { packageFiles } from "./package_files.ts";
import { type LockedPackage, packageClosure } from "./package_lock.ts";
import type { ReleasedProgram } from "../permissions.ts";
import { type Platform, platforms } from "../platform.ts";
import type { ProgramModules } from "./program_modules.ts";
import {
  completeRelease,
  type ReleaseContents,
  runtimeFile,
  textFile,
} from "./release_contents.ts";
import type { FileToArchive } from "./tar_writer.ts";
import { thirdPartyLicences } from "./third_party_licences.ts";

/** The programs' entry points, in the checkout. */
export const releasedEntryPoints: readonly string[] = Object.values(entryPoints);

/** The packages that programs need on a platform. */
export function releasePackages(
  inputs: BuildInputs,
  modules: ProgramModules,
  platform: Platform,
): LockedPackage[] {
  return packageClosure(inputs.lock, modules.packages, platforms[platform]);
}

/**
 * Puts a release together. It depends on nothing but what it is given.
 *
 * @param sources Files of the checkout by their paths: the programs' modules, and `LICENSE`.
 * @param contents Packages that the programs need.
 * @param runtime The package that they run on, which is not put in: for its licence.
 */
export function releaseFiles(
  inputs: BuildInputs,
  platform: Platform,
  modules: ProgramModules,
  sources: ReadonlyMap<string, Uint8Array>,
  contents: PackageContents,
  runtime: PackageContents,
): ReleaseContents {
  const closure = [...contents.keys()];
  const files: FileToArchive[] = [...sources]
    .filter(([path]) => path !== configFile)
    .map(([path, bytes]) => ({ path, contents: bytes, executable: false }));
  for (const [directory, locked] of layOut(inputs.lock, modules.packages, closure)) {
    files.push(...packageFiles(contents.get(locked) ?? [], directory));
  }
  for (const program of Object.keys(entryPoints) as ReleasedProgram[]) {
    files.push(textFile(`bin/${program}`, launcher(program, inputs.deno, platform), true));
  }
  const packages = closure.map(({ name, version }) => `${name}@${version}`);
  const licences = [...contents, ...runtime].map(([locked, files]) => ({ locked, files }));
  files.push(
    textFile(configFile, releaseConfig(inputs.config, packages)),
    textFile("THIRD_PARTY_LICENSES", thirdPartyLicences(licences)),
    textFile(runtimeFile, `${runtimeName(inputs.deno)}\n`),
  );
  return completeRelease(files, { version: inputs.version, deno: inputs.deno, platform, packages });
}

const configFile = "deno.json";

/** The `deno.json` of a release: what is left of the checkout's when programs only run. */
function releaseConfig(config: DenoConfig, packages: readonly string[]): string {
  const imports = Object.entries(config.imports).filter(([, target]) =>
    packages.some((name) => target === `npm:${name}` || target.startsWith(`npm:${name}/`))
  );
  const kept = {
    version: config.version,
    imports: Object.fromEntries(imports),
    unstable: config.unstable,
    nodeModulesDir: "manual",
    lock: false,
  };
  return `${JSON.stringify(kept, undefined, 2)}\n`;
}
