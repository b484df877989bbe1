import { type Clock, readCompletionId } from '#kernel';
import type { Completion } from '../completion.ts';
import type { Registry } from '../runs/registry.ts';
import type { RunOfNode } from '../runs/run-of-node.ts';
import { Running } from '../runs/running.ts';
import type { Answer, Post, Question } from './post.ts';
import type { RemoteViewers } from './remote-viewers.ts';
import { completionToWire, eventToWire } from './wire.ts';

export interface AnsweringOptions {
  readonly clock: Clock;
  readonly post: Post;
  readonly registry: Registry;
  readonly viewers: RemoteViewers;
  /** This node's session, which is in the ids of its completions. */
  readonly session: () => number;
  /** Somebody on another node may come back to it. */
  readonly watched: (running: Running) => void;
}

/** Whoever only looks does not need them, and they may be megabytes; the last event has them. */
function withoutVectors(run: RunOfNode): Completion {
  const completion = run.completion();
  const { content } = completion;
  return content?.vectors ? { ...completion, content: { ...content, vectors: null } } : completion;
}

/**
 * Answers what other nodes ask about the runs of this one. Of what is not here only the node that
 * must know says so; the others are silent.
 */
export class Answering {
  readonly #options: AnsweringOptions;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  answer(question: Question, from: string): void {
    const { post, registry, session } = this.#options;
    const reply = (answer: Answer) => post.send({ ...answer, ask: question.ask }, from);
    const run = registry.get(question.id);
    if (run) void this.#ofRun(run, question, reply);
    else if (readCompletionId(question.id)?.session === session()) {
      reply({ kind: 'completion', completion: null });
    }
  }

  async #ofRun(run: RunOfNode, question: Question, reply: (answer: Answer) => void): Promise<void> {
    if (question.kind === 'follow') return this.#follow(run, question, reply);
    if (question.kind === 'cancel') run.end({ kind: 'cancelled' });
    if (question.kind === 'detach') run.detach();
    // Whoever reads of an end reads of its charge as well.
    if (run.hasEnded) await run.settled;
    reply({ kind: 'completion', completion: completionToWire(withoutVectors(run)) });
  }

  #follow(
    run: RunOfNode,
    asked: Extract<Question, { kind: 'follow' }>,
    reply: (answer: Answer) => void,
  ): void {
    const { log } = run;
    const { after } = asked;
    if (run instanceof Running) this.#options.watched(run);
    this.#options.viewers.follow(run, asked, (begins) => {
      if (after >= log.length && !log.closed) return false;
      reply({ kind: 'events', events: log.after(after, begins).map(eventToWire) });
      return true;
    });
  }
}
