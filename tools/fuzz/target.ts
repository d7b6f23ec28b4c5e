import type fc from 'fast-check';

/** Something that takes input from outside, and what has to hold for every input. */
export interface Target<Input = unknown> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** Rejects when something does not hold for this input. */
  try(input: Input): Promise<void> | void;
  /** Inputs for each turn; a target whose inputs take long has fewer. */
  readonly inputsPerTurn: number;
  /** How often each outcome came, where a target tells them apart. */
  readonly outcomes?: ReadonlyMap<string, number>;
}

/** What must not happen has happened. */
export class FindingError extends Error {
  override readonly name = 'FindingError';
}

/** Hides the type of a target's inputs, so that targets of different inputs make one list. */
export function target<Input>(one: Target<Input>): Target {
  return { ...one, try: (input) => one.try(input as Input) };
}
