import { defineProgram } from "../../tunnel/options.ts";
import { checkout, checkoutVersion } from "../checkout.ts";

/** The command line of `deno task completions`, which itself loads those of all commands. */
export const program = defineProgram({
  name: "deno task completions",
  summary: [
    'Prints a script with which a shell completes "deno task COMMAND" in this checkout, and "ztna',
    'COMMAND", a function that runs the same commands from any directory.',
    "",
    "bash: deno task completions bash > ~/.ztna.bash, and in ~/.bashrc: source ~/.ztna.bash",
    "zsh:  deno task completions zsh > ~/.ztna.zsh, and in ~/.zshrc, behind compinit: source ~/.ztna.zsh",
    "fish: deno task completions fish > ~/.config/fish/conf.d/ztna.fish",
  ].join("\n"),
  version: checkoutVersion(checkout),
  options: {
    shell: {
      type: "choice",
      choices: ["bash", "zsh", "fish"],
      positional: 1,
      required: true,
      help: "The shell",
    },
  },
});
