/** Parts of a help and sub-commands that every program has. */
import type { Command } from "commander";
import { completionScript, type Shell, shells } from "./completion.ts";
import type { Host } from "./host.ts";

/** Ends the help of a sub-command with examples. */
export function addExamples(command: Command, ...examples: readonly string[]): void {
  command.addHelpText("after", `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}`);
}

/** The sub-command that prints a completion script for the program as it is defined by then. */
export function addCompletion(program: Command, host: Host): void {
  const name = program.name();
  const command = program
    .command("completion")
    .description("print a completion script for your shell")
    .addArgument(program.createArgument("<shell>", "which shell").choices(shells))
    .action((shell: Shell) => host.writeOut(Buffer.from(completionScript(shell, program), "utf8")));
  addExamples(
    command,
    `source <(${name} completion bash)`,
    `${name} completion fish > ~/.config/fish/completions/${name}.fish`,
  );
}
