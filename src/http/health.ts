import { type Exchange, sendJson } from './exchange.ts';

/** Null while it can serve; else why not, for an operator. */
export type Readiness = () => Promise<string | null>;

/** `/health`: the process is alive. */
export function answerHealth({ response }: Exchange): void {
  sendJson(response, 200, { status: 'alive' });
}

/** `/ready`: it can serve, or the reason why it cannot. */
export async function answerReady({ response }: Exchange, ready: Readiness): Promise<void> {
  const reason = await ready();
  const answer = reason === null ? { status: 'ready' } : { status: 'not ready', reason };
  sendJson(response, reason === null ? 200 : 503, answer);
}
