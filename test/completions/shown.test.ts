import { describe, expect, test } from 'vitest';
import { ordinary, says, someone, stand } from './stand.ts';

/** Started by `userId`, read by somebody who may read completions and not what was said in them. */
async function ranBy(userId: string) {
  const { completions, play } = stand({ payer: { userId } });
  play(says('Between us'));
  const started = await completions.start(someone, ordinary, { streamed: true });
  await started.wait(new AbortController().signal);
  return { completions, id: started.id };
}

describe('what was said in a completion', () => {
  test('is read by who ran it', async () => {
    const { completions, id } = await ranBy('usr_someone');
    expect((await completions.find(someone, id))?.content?.text).toBe('Between us');
    expect(await completions.join(someone, id)).not.toBeNull();
  });

  test('is not read by a colleague without CONTENT_READ, who sees that it ran', async () => {
    const { completions, id } = await ranBy('usr_other');
    expect(await completions.find(someone, id)).toMatchObject({
      status: 'SUCCEEDED',
      content: null,
    });
    expect(await completions.join(someone, id)).toBeNull();
  });
});
