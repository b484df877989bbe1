import { describe, expect, it } from 'vitest';
import { atTurnEnd } from '#kernel';

const turnEnds = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the end of a turn', () => {
  it('runs what was asked for behind promises, together and in order', async () => {
    const said: string[] = [];
    atTurnEnd(() => said.push('first'));
    Promise.resolve().then(() => said.push('promise'));
    atTurnEnd(() => process.nextTick(() => said.push('tick of the second')));
    atTurnEnd(() => said.push('third'));
    await turnEnds();
    expect(said).toEqual(['promise', 'first', 'third', 'tick of the second']);
  });

  it('leaves what is asked for meanwhile to the next one', async () => {
    const said: string[] = [];
    atTurnEnd(() => atTurnEnd(() => said.push('next')));
    await turnEnds();
    expect(said).toEqual([]);
    await turnEnds();
    expect(said).toEqual(['next']);
  });
});
