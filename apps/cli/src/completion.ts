import { Argument, type Command } from 'commander';
import { say } from './output.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** A flag with a value, and its possible values; none when any value is possible. */
interface ValueFlag {
  readonly flag: string;
  readonly choices: readonly string[];
}

/** A word that can follow, with its description. */
interface Word {
  readonly word: string;
  readonly description: string;
}

/** What can follow the words of a command. `place` holds these words, each with a space before it: ` journal read`. */
interface Place {
  readonly place: string;
  readonly commands: readonly Word[];
  /** Values of the command's arguments, where there is a choice. */
  readonly values: readonly string[];
  readonly flags: readonly Word[];
  readonly valueFlags: readonly ValueFlag[];
}

/** Adds `meridian completion`: a script for a shell, made from the commands as they are. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description(
      'print a script that makes a shell complete commands and options: use it with eval or source',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell) => say(completionOf(program, shell)));
}

/** The script that makes a shell complete the commands and flags of a program. */
export function completionOf(program: Command, shell: Shell): string {
  const places = placesOf(program, '');
  return SCRIPTS[shell](program.name(), places);
}

function placesOf(command: Command, place: string): readonly Place[] {
  const options = command.options.filter(({ hidden }) => !hidden);
  const own: Place = {
    place,
    commands: command.commands.map((child) => ({ word: child.name(), description: child.description() })),
    values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    flags: options.map(({ long, description }) => ({ word: long ?? '', description })),
    valueFlags: options
      .filter(({ required, optional }) => required || optional)
      .map(({ long, argChoices }) => ({ flag: long ?? '', choices: argChoices ?? [] })),
  };
  return [own, ...command.commands.flatMap((child) => placesOf(child, `${place} ${child.name()}`))];
}

const SCRIPTS: Readonly<Record<Shell, (name: string, places: readonly Place[]) => string>> = {
  bash: (name, places) => `_${name}() {
${candidatesCode(places, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"', '${COMP_WORDS[COMP_CWORD-1]}')}
  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}`,
  zsh: (name, places) => `#compdef ${name}
_${name}() {
${candidatesCode(places, '"${(@)words[2,CURRENT-1]}"', '${words[CURRENT-1]}')}
  if [[ -n "$candidates" ]]; then compadd -- \${=candidates}; else _files; fi
}
compdef _${name} ${name}`,
  fish: (name, places) => `function __${name}_at
    set -l place ''
    for word in (commandline -opc)[2..-1]
        switch "$place $word"
            case ${places.map(({ place }) => quoted(place)).join(' ')}
                set place "$place $word"
        end
    end
    test "$place" = "$argv[1]"
end
${places.flatMap((place) => fishLines(name, place)).join('\n')}`,
};

/** Finds the place of the previous words, and sets its candidates; for bash and zsh alike. */
function candidatesCode(places: readonly Place[], wordsBefore: string, previous: string): string {
  const deeper = places.filter(({ place }) => place !== '').map(({ place }) => quoted(place));
  const values = places.flatMap(({ place, valueFlags }) =>
    valueFlags.map(
      ({ flag, choices }) => `    ${quoted(`${place} ${flag}`)}) candidates='${choices.join(' ')}' ;;`,
    ),
  );
  const words = places.map(({ place, commands, values: choices, flags }) => {
    const all = [...commands.map(({ word }) => word), ...choices, ...flags.map(({ word }) => word)];
    return `        ${quoted(place)}) candidates='${all.join(' ')}' ;;`;
  });
  return [
    `  local place='' candidates='' word`,
    `  for word in ${wordsBefore}; do`,
    `    case "$place $word" in`,
    `      ${deeper.join(' | ')}) place="$place $word" ;;`,
    '    esac',
    '  done',
    `  case "$place ${previous}" in`,
    ...values,
    '    *)',
    '      case "$place" in',
    ...words,
    '      esac',
    '      ;;',
    '  esac',
  ].join('\n');
}

function fishLines(name: string, { place, commands, values, flags, valueFlags }: Place): readonly string[] {
  const start = `complete -c ${name} -n ${quoted(`__${name}_at ${quoted(place)}`)}`;
  return [
    ...commands.map(({ word, description }) => `${start} -f -a ${word} -d ${quoted(description)}`),
    ...values.map((word) => `${start} -f -a ${word}`),
    ...flags.map(({ word, description }) => {
      const flag = valueFlags.find((one) => one.flag === word);
      const value = flag
        ? flag.choices.length > 0
          ? ` -x -a ${quoted(flag.choices.join(' '))}`
          : ' -r'
        : '';
      return `${start} -l ${word.slice(2)}${value} -d ${quoted(description)}`;
    }),
  ];
}

/** In single quotes. Fish reads \\' in them; the places of bash and zsh hold no quote. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
