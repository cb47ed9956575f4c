/**
 * Shell completion made from the command definitions, so that the two cannot differ.
 *
 * Completed are sub-commands, option names, the values of options with a fixed choice, and files for
 * everything else.
 */
import type { Command, Option } from "commander";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

interface OptionWords {
  readonly flags: readonly string[];
  readonly choices: readonly string[];
  readonly takesValue: boolean;
  readonly description: string;
}

interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
}

/** The script to source in this shell. */
export function completionScript(shell: Shell, program: Command): string {
  const commands = program.commands.map(wordsOf);
  if (shell === "fish") return fishScript(program.name(), commands);
  const bash = bashScript(program.name(), commands);
  return shell === "bash" ? bash : `autoload -U +X bashcompinit && bashcompinit\n${bash}`;
}

function wordsOf(command: Command): CommandWords {
  return {
    name: command.name(),
    description: command.description(),
    options: command.options.map(optionWords),
  };
}

function optionWords(option: Option): OptionWords {
  return {
    flags: [option.short, option.long].filter((flag) => flag != null),
    choices: option.argChoices ?? [],
    takesValue: option.required || option.optional,
    description: option.description,
  };
}

function bashScript(name: string, commands: readonly CommandWords[]): string {
  const cases = commands.map((command) => {
    const flags = command.options.flatMap((option) => option.flags).join(" ");
    return `    ${command.name}) options="${flags}" ;;`;
  });
  const choices = new Map(
    commands.flatMap((command) =>
      command.options
        .filter((option) => option.choices.length > 0)
        .flatMap((option) =>
          option.flags.map((flag) => [`${command.name}:${flag}`, option.choices] as const),
        ),
    ),
  );
  const values = [...choices].map(
    ([place, words]) => `    ${place}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word")); return ;;`,
  );
  return `_${functionName(name)}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command=summary options="" at
  for at in "\${COMP_WORDS[@]:1}"; do
    case "$at" in
      ${commands.map((command) => command.name).join("|")}) command="$at"; break ;;
    esac
  done
  case "$command:$previous" in
${values.join("\n")}
  esac
  case "$command" in
${cases.join("\n")}
  esac
  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$options --help" -- "$word"))
  elif [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(" ")}" -- "$word") $(compgen -f -- "$word"))
  else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _${functionName(name)} ${name}
`;
}

function functionName(name: string): string {
  return name.replaceAll("-", "_");
}

function fishScript(name: string, commands: readonly CommandWords[]): string {
  const names = commands.map((command) => command.name).join(" ");
  const lines = commands.flatMap((command) => [
    `complete -c ${name} -n "not __fish_seen_subcommand_from ${names}" -a ${command.name} -d ${quoted(command.description)}`,
    ...command.options.map((option) => fishOption(name, command.name, option)),
  ]);
  return `${lines.join("\n")}\n`;
}

function fishOption(name: string, command: string, option: OptionWords): string {
  const flags = option.flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const value =
    option.choices.length > 0 ? ` -x -a ${quoted(option.choices.join(" "))}` : option.takesValue ? " -r" : "";
  return `complete -c ${name} -n "__fish_seen_subcommand_from ${command}" ${flags.join(" ")}${value} -d ${quoted(option.description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
