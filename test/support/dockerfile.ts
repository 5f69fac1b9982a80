export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile in their order. Supports only the syntax that this project uses. */
export class Dockerfile {
  readonly stages: readonly Stage[];
  /** The instructions before the first stage. */
  readonly globals: readonly Instruction[];

  constructor(text: string) {
    const [globals = [], ...stages] = splitBefore(instructionsOf(text), ({ name }) => name === 'FROM');
    this.globals = globals;
    this.stages = stages.map(([head, ...instructions]) => {
      const [, from = '', name = ''] = /^(\S+) AS (\S+)$/.exec(head?.text ?? '') ?? [];
      return { name, from, instructions };
    });
  }

  stage(name: string): Stage {
    const stage = this.stages.find((candidate) => candidate.name === name);
    if (stage === undefined) throw new Error(`The Dockerfile has no stage ${name}`);
    return stage;
  }

  /** Returns all instructions of an image, those of its base stages first. */
  instructions(target: string): readonly Instruction[] {
    const { from, instructions } = this.stage(target);
    const isStage = this.stages.some(({ name }) => name === from);
    return [...(isStage ? this.instructions(from) : []), ...instructions];
  }

  /** Returns the texts of all instructions with this name. */
  texts(target: string, name: string): readonly string[] {
    return this.instructions(target)
      .filter((instruction) => instruction.name === name)
      .map(({ text }) => text);
  }

  environment(target: string): Record<string, string> {
    return Object.fromEntries(this.texts(target, 'ENV').flatMap((text) => text.split(' ').map((pair) => entry(pair))));
  }

  /** Returns the command of an image; null if it has none in exec form. */
  entryPoint(target: string): readonly string[] | null {
    const text = this.texts(target, 'ENTRYPOINT').at(-1);
    return text?.startsWith('[') ? (JSON.parse(text) as string[]) : null;
  }
}

function instructionsOf(text: string): Instruction[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ name: /^\S+/.exec(line)?.[0] ?? '', text: line.replace(/^\S+\s+/, '') }));
}

function splitBefore<T>(items: readonly T[], isHead: (item: T) => boolean): T[][] {
  const groups: T[][] = [[]];
  for (const item of items) {
    if (isHead(item)) groups.push([]);
    groups.at(-1)?.push(item);
  }
  return groups;
}

function entry(pair: string): [string, string] {
  const index = pair.indexOf('=');
  return [pair.slice(0, index), pair.slice(index + 1)];
}
