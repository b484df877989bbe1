import { Audience, type AudienceOptions } from './audience.ts';
import { listening, withTraffic } from './feed-rows.ts';
import { atMost, type Line, percentile, rounded } from './figures.ts';
import { pause } from './load.ts';
import type { MeasuredProcess } from './measured-process.ts';
import { metricsFeed } from './requests.ts';
import type { Row } from './rows.ts';

const subscribers = 10_000;
/** After a crowd has come, until what its coming left has been collected in the usual course. */
const quietMs = 8_000;
/** Updates that everybody has while it is measured, the first and the last of which may be cut. */
const ticksMin = 2;

type Seats = Pick<AudienceOptions, 'sockets' | 'subscriptionsEach'>;

/** Ten thousand subscribers of a process, and what each added to its resident memory. */
async function crowded(process: MeasuredProcess, key: string, seats: Seats) {
  const { sockets, subscriptionsEach } = seats;
  const few = sockets / 10; // with them the process has grown to what it is in any case
  const payload = () => metricsFeed(null);
  const { url } = process;
  const audience = await Audience.open({ url, key, sockets: few, subscriptionsEach, payload });
  await pause(quietMs);
  const { rssBytes: before } = await process.usage();
  await audience.grow(sockets - few);
  await pause(quietMs);
  const { rssBytes: after } = await process.usage();
  const bytesEach = (after - before) / (subscribers - few * subscriptionsEach);
  return { audience, kibibytesEach: bytesEach / 1_024 };
}

/** What stays in the heap for each: of all that is live with them, what is live without. */
async function liveKibibytesEach(process: MeasuredProcess, audience: Audience): Promise<number> {
  const { liveBytes: crowd } = await process.live();
  audience.close();
  await pause(quietMs);
  const { liveBytes: nobody } = await process.live();
  return (crowd - nobody) / subscribers / 1_024;
}

/** A second's update to ten thousand subscribers of one node, its memory beside raw sockets'. */
const crowd = (sockets: number): Row => ({
  name: `feed-crowd-${sockets}`,
  run: (stage) =>
    withTraffic(stage, async (bourse) => {
      const seats = { sockets, subscriptionsEach: subscribers / sockets };
      const { audience, kibibytesEach } = await crowded(bourse, bourse.key, seats);
      audience.forget();
      const { cores } = await listening(bourse, audience);
      const lagsMs = audience.lagsMs();
      const raw = await stage.rawFeed();
      raw.tell({ payload: audience.payload, everyMs: 1_000 });
      const live = await liveKibibytesEach(bourse, audience);
      const limit = await crowded(raw, 'none', seats);
      const rawLive = await liveKibibytesEach(raw, limit.audience);
      const ticks = lagsMs.length / subscribers;
      if (ticks < ticksMin) throw new Error(`Only ${ticks} updates came to everybody`);
      const who = `10,000 subscribers on ${sockets} sockets`;
      const line = (found: Omit<Line, 'row' | 'reference' | 'ratio'>, reference = ''): Line => ({
        ...found,
        ...{ row: `feed-crowd-${sockets}`, reference, ratio: '' },
      });
      const kibibytes = (what: string, own: number, least: number) =>
        line(
          {
            what: `${what} of a subscriber, ${who}`,
            figure: `${rounded(own)} KiB`,
            bar: atMost(20, 'KiB'),
            measured: own,
          },
          `${rounded(least)} KiB`,
        );
      const [p50, p99] = [percentile(lagsMs, 50), percentile(lagsMs, 99)];
      return [
        line({
          what: `an update a second to ${who}`,
          figure: `${cores.toFixed(2)} cores`,
          bar: atMost(0.5, 'cores'),
          measured: cores,
        }),
        line({
          what: `the first one's having it to the others': p50 and p99 of ${ticks} updates`,
          figure: `${rounded(p50)} ms, ${rounded(p99)} ms`,
          bar: atMost(500, 'ms'),
          measured: p99,
        }),
        kibibytes('resident memory', kibibytesEach, limit.kibibytesEach),
        kibibytes('live objects', live, rawLive),
      ];
    }),
});

export const feedCrowdRows: readonly Row[] = [crowd(100), crowd(10_000)];
