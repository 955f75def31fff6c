// The typed signal of the compiler: this plan is for the reference executor. Never a wrong answer instead.
export class CannotCompile extends Error {
  override readonly name = 'CannotCompile';
}
