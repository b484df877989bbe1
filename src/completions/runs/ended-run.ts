import { invariant } from '#kernel';
import type { Completion } from '../completion.ts';
import type { EndedLog } from '../events/ended-log.ts';
import type { Attachment, Owner, RunOfNode } from './run-of-node.ts';

/** What objects weigh beside their strings, in bytes, as measured over ten thousand runs. */
const bytesOfRun = 3_000;
const bytesOfEvent = 150;
const bytesOfDetails = 300;
const noAttachment: Attachment = { leave: () => undefined };

/** What is kept of a run that has settled: its events, the last of which has its completion. */
export class EndedRun implements RunOfNode {
  readonly log: EndedLog;
  readonly refused: boolean;
  readonly hasEnded = true;

  constructor(log: EndedLog, refused: boolean) {
    this.log = log;
    this.refused = refused;
  }

  get id(): string {
    return this.completion().id;
  }

  get owner(): Owner {
    return this.completion();
  }

  get settled(): Promise<void> {
    return Promise.resolve();
  }

  completion(): Completion {
    const { last } = this.log;
    invariant(last && 'completion' in last, 'the last event of a run has its completion');
    return last.completion;
  }

  end(): boolean {
    return false;
  }

  attach(): Attachment {
    return noAttachment;
  }

  detach(): void {}

  /** What it takes of memory. */
  get bytes(): number {
    const { content } = this.completion();
    const inEvents = (content?.text.length ?? 0) + (content?.reasoning?.length ?? 0);
    const { size, details } = this.log;
    const inDetails = details.length * bytesOfDetails + weightOf(details);
    return bytesOfRun + size * bytesOfEvent + inEvents + inDetails + weightOf(content);
  }
}

/** Of the strings and the numbers in it. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value) && typeof value[0] === 'number') return value.length * 8;
  return Object.values(value).reduce((sum: number, part) => sum + weightOf(part), 0);
}
