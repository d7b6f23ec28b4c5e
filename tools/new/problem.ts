/** What was asked for cannot be written. The message says why and what to do; nothing was written. */
export class NewProblem extends Error {
  override readonly name = 'NewProblem';
}
