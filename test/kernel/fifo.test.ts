import { array, assert, boolean, property } from 'fast-check';
import { expect, it } from 'vitest';
import { Fifo } from '../../src/kernel/fifo.ts';

it('lets go first of what came first, whatever comes and goes', () => {
  assert(
    property(array(boolean(), { maxLength: 60 }), (comes) => {
      const fifo = new Fifo<number>();
      const list: number[] = [];
      comes.forEach((come, number) => {
        if (come) fifo.push(number);
        else if (list.length > 0) fifo.shift();
        if (come) list.push(number);
        else list.shift();
        expect(fifo.first).toBe(list[0]);
      });
    }),
  );
});
