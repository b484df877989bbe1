/**
 * Prisma's client knows by numbers which fields each place of a query may have: an object for each
 * place, with the numbers of the fields' names for keys. V8 keeps such an object as an array up to
 * its greatest key, two thousand of them, 10 MiB. Two in three names are those of queries, which
 * are never keys: behind the names of fields, they leave the arrays a third as long.
 *
 * The form is that of `packages/param-graph/src/serialization.ts` in Prisma 7.10; what ends sooner
 * or later than that form says is refused.
 */
export function withFieldsFirst({ strings, graph }) {
  const ordered = [...strings].sort((a, b) => Number(isQuery(a)) - Number(isQuery(b)));
  const numbers = new Map(ordered.map((name, number) => [name, number]));
  const copy = new Copy(graph, (number) => numbers.get(strings[number]));
  copyGraph(copy);
  return { strings: ordered, graph: copy.end() };
}

const isQuery = (name) => name.includes('.') || /^(?:query|execute)Raw$/.test(name);

function copyGraph(copy) {
  const [inputs, outputs, roots] = [copy.number(), copy.number(), copy.number()];
  for (let node = 0; node < inputs; node++) {
    for (let edges = copy.number(); edges > 0; edges--) {
      copy.name();
      copy.bytes(2); // which scalars it takes
      copy.number(); // the place below
      copy.nameOrNone(); // its enum
      copy.bytes(1); // flags
    }
  }
  for (let node = 0; node < outputs; node++) {
    for (let edges = copy.number(); edges > 0; edges--) copyReference(copy);
  }
  for (let root = 0; root < roots; root++) copyReference(copy);
}

/** A name, the place of its arguments, the place of what it gives. */
function copyReference(copy) {
  copy.name();
  copy.number();
  copy.number();
}

/** Numbers stand in groups of seven bits, the lowest first; all but the last set the eighth. */
class Copy {
  #source;
  #at = 0;
  #written = [];
  #numberOf;

  constructor(graph, numberOf) {
    this.#source = Buffer.from(graph, 'base64url');
    this.#numberOf = numberOf;
  }

  number() {
    return this.#write(this.#read());
  }

  name() {
    this.#write(this.#numberOf(this.#read()));
  }

  /** 0 says that there is none. */
  nameOrNone() {
    const given = this.#read();
    this.#write(given === 0 ? 0 : this.#numberOf(given - 1) + 1);
  }

  bytes(count) {
    for (let index = 0; index < count; index++) this.#written.push(this.#source[this.#at++]);
  }

  end() {
    if (this.#at !== this.#source.length) throw new Error('the parameter graph has a new form');
    return Buffer.from(this.#written).toString('base64url');
  }

  #read() {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.#source[this.#at++];
      value |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
      shift += 7;
    }
  }

  #write(value) {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#written.push((rest & 0x7f) | 0x80);
    this.#written.push(rest);
    return value;
  }
}
