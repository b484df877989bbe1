import { describe, expect, it } from 'vitest';
import { InTurn } from '../../src/routing/in-turn.ts';

function counting() {
  const said: string[] = [];
  function* source() {
    try {
      for (let at = 0; at < 3; at++) {
        said.push(`made ${at}`);
        yield at;
      }
    } finally {
      said.push('closed');
    }
  }
  return { said, inTurn: new InTurn(source()) };
}

describe('what is made in turn', () => {
  it('is made as far as somebody asks, once', () => {
    const { said, inTurn } = counting();
    expect([inTurn.at(1), inTurn.at(0), inTurn.at(1)]).toEqual([1, 0, 1]);
    expect(said).toEqual(['made 0', 'made 1']);
    expect(inTurn.all).toEqual([0, 1, 2]);
    expect(inTurn.at(3)).toBeUndefined();
  });

  it('closes its source when it is left, and keeps what is made', () => {
    const { said, inTurn } = counting();
    inTurn.at(0);
    inTurn.leave();
    expect(said).toEqual(['made 0', 'closed']);
    expect(inTurn.all).toEqual([0]);
  });
});
