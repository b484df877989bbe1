import { describe, expect, test } from 'vitest';
import { type Unit, UnitReader } from '../../src/storage/wire.ts';

const message = (type: string, body = '') => {
  const bytes = Buffer.from(`${type}\0\0\0\0${body}`);
  bytes.writeInt32BE(bytes.length - 1, 1);
  return bytes;
};

function startPacket(code: number, body = '') {
  const bytes = Buffer.from(`\0\0\0\0\0\0\0\0${body}`);
  bytes.writeInt32BE(bytes.length, 0);
  bytes.writeInt32BE(code, 4);
  return bytes;
}

const start = startPacket(196_608, 'user\0postgres\0\0');
const extended = (text: string) =>
  Buffer.concat([message('P', text), message('B', text), message('E'), message('S')]);

function started(): UnitReader {
  const reader = new UnitReader();
  reader.read(start);
  return reader;
}

const texts = (units: Unit[]) =>
  units.map((unit) => (typeof unit === 'string' ? unit : Buffer.from(unit.run).toString('latin1')));

describe('the reader of a connection', () => {
  test('gives an extended query whole, from Parse to Sync, however its bytes are cut', () => {
    const whole = extended('select 1').toString('latin1');
    for (let cut = 1; cut < whole.length; cut++) {
      const reader = started();
      const bytes = extended('select 1');
      expect(reader.read(bytes.subarray(0, cut))).toEqual([]);
      expect(texts(reader.read(bytes.subarray(cut)))).toEqual([whole]);
    }
  });

  test('gives several units that came at once in their order', () => {
    const both = Buffer.concat([extended('a'), message('Q', 'b'), extended('c')]);
    const expected = [extended('a'), message('Q', 'b'), extended('c')];
    expect(texts(started().read(both))).toEqual(expected.map((unit) => unit.toString('latin1')));
  });

  test('holds messages back that no Sync has followed yet', () => {
    const reader = started();
    expect(reader.read(message('P', 'a'))).toEqual([]);
    expect(reader.read(message('H'))).toEqual([]);
    expect(reader.read(message('S'))).toHaveLength(1);
  });

  test('joins the pieces of a large message once, not once per piece', () => {
    const reader = started();
    const large = extended('x'.repeat(3_000_000));
    const units: Unit[] = [];
    for (let at = 0; at < large.length; at += 1_000) {
      units.push(...reader.read(large.subarray(at, at + 1_000)));
    }
    expect(texts(units)).toEqual([large.toString('latin1')]);
  });

  test('asks before the start whether the connection can be encrypted, then starts', () => {
    const reader = new UnitReader();
    expect(reader.read(startPacket(80_877_103))).toEqual(['asks for encryption']);
    expect(reader.read(startPacket(80_877_104))).toEqual(['asks for encryption']);
    expect(texts(reader.read(start))).toEqual([start.toString('latin1')]);
  });

  test.each([
    ['a farewell', message('X')],
    ['a length that is none', Buffer.from('Q\0\0\0\u0003')],
  ])('ends with %s, whatever comes behind it', (_, bytes) => {
    expect(started().read(Buffer.concat([bytes, extended('late')]))).toEqual(['ends']);
  });

  test.each([
    ['a request to cancel', startPacket(80_877_102, 'whom')],
    ['another protocol', startPacket(131_072)],
    ['a length that is none', Buffer.from([0, 0, 0, 7, 0, 3, 0, 0])],
  ])('ends with %s in place of a start', (_, bytes) => {
    expect(new UnitReader().read(bytes)).toEqual(['ends']);
  });
});
