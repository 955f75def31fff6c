// The other side of child.ts: what a process of the bench is asked over its channel, until that closes.

export type Answers = Readonly<Record<string, (question: never) => unknown>>;

/** The name of the answer is the question's `kind`. Says that it is ready, and with what. */
export function answerQuestions(ready: object, answers: Answers): void {
  process.on('message', (question: { kind: string }) => {
    void answer(question).then((said) => process.send?.(said));
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C is for the one that started this.
  process.on('SIGINT', () => undefined);
  process.send?.(ready);

  async function answer(question: { kind: string }): Promise<unknown> {
    try {
      return (await answers[question.kind]?.(question as never)) ?? { done: true };
    } catch (error) {
      return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  }
}

export const settingsOfProcess = <Settings>(): Settings => JSON.parse(process.argv[2] ?? '{}') as Settings;
