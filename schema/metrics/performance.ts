import type { Figures } from '#metrics';
import { type HistoryPoint, type MetricsWindow, type Percentiles, performanceOf } from '#metrics';
import { builder } from '../builder.ts';
import type { Context, Rooms } from '../context.ts';
import { describedEnum } from '../described.ts';
import { dollarsOrNull } from '../scalars.ts';

export const MetricsWindowRef = describedEnum('MetricsWindow', 'How far back figures reach.', {
  ONE_MINUTE: 'The last 60 seconds.',
  FIVE_MINUTES: 'The last five minutes.',
  THIRTY_MINUTES: 'The last thirty minutes.',
  ONE_HOUR: 'The last hour.',
  ONE_DAY: 'The last 24 hours.',
  ONE_WEEK: 'The last seven days.',
  ONE_MONTH: 'The last thirty days.',
});

const PercentilesRef = builder.objectRef<Percentiles>('Percentiles').implement({
  description:
    'Nearest rank, within 1 %. What callers did not wait for counts as at least so long.',
  fields: (t) => ({
    p50: t.exposeFloat('p50', { description: 'The median: half are at or below it.' }),
    p75: t.exposeFloat('p75', { description: 'Three quarters are at or below it.' }),
    p90: t.exposeFloat('p90', { description: 'Nine of ten are at or below it.' }),
    p99: t.exposeFloat('p99', { description: '99 of 100 are at or below it.' }),
  }),
});

/** Figures of a window, as they may be shown to everybody. */
export interface Measured {
  readonly window: MetricsWindow;
  readonly figures: Figures;
  readonly floor: number;
}

const shown = ({ figures, floor }: Measured) => performanceOf(figures, floor);

const volumeText =
  'Null without traffic and below `Platform.publicTrafficFloor` organizations in the window.';

export const PerformanceMetricsRef = builder.objectRef<Measured>('PerformanceMetrics').implement({
  description:
    "Over the window, from this platform's own traffic. Null where there was none: never an " +
    'invented figure.',
  fields: (t) => ({
    window: t.expose('window', {
      type: MetricsWindowRef,
      description: 'The window that the figures are of.',
    }),
    requests: t.field({
      type: 'SafeInt',
      nullable: true,
      description: `Attempts that were sent. ${volumeText}`,
      resolve: (measured) => shown(measured).requests,
    }),
    failures: t.field({
      type: 'SafeInt',
      nullable: true,
      description: `Attempts that the provider failed. ${volumeText}`,
      resolve: (measured) => shown(measured).failures,
    }),
    uptime: t.float({
      nullable: true,
      description:
        'Share of requests that the provider answered, 0 to 1; a client’s own error and a ' +
        'cancelled stream do not count.',
      resolve: (measured) => shown(measured).uptime,
    }),
    timeToFirstTokenMs: t.field({
      type: PercentilesRef,
      nullable: true,
      description:
        'Milliseconds from sending the request upstream to the first content. Of streams only: ' +
        'an answer in one piece does not show it.',
      resolve: ({ figures }) => figures.timeToFirstTokenMs.percentiles(),
    }),
    latencyMs: t.field({
      type: PercentilesRef,
      nullable: true,
      description: 'Milliseconds from sending the request upstream to the end of the answer.',
      resolve: ({ figures }) => figures.latencyMs.percentiles(),
    }),
    tokensPerSecond: t.field({
      type: PercentilesRef,
      nullable: true,
      description:
        'Completion tokens per second after the first content. Of streams: an answer in one ' +
        'piece, or that was held back and came at once, does not tell.',
      resolve: ({ figures }) => figures.tokensPerSecond.percentiles(),
    }),
    promptTokens: t.field({
      type: 'SafeInt',
      nullable: true,
      description: `Prompt tokens, cached ones included. ${volumeText}`,
      resolve: (measured) => shown(measured).promptTokens,
    }),
    completionTokens: t.field({
      type: 'SafeInt',
      nullable: true,
      description: `Generated tokens, reasoning included. ${volumeText}`,
      resolve: (measured) => shown(measured).completionTokens,
    }),
    effectivePricePerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'What callers really paid per million tokens, all kinds together, fee excluded, in US ' +
        `dollars. ${volumeText}`,
      resolve: (measured) => dollarsOrNull(shown(measured).effectivePricePerMillion),
    }),
  }),
});

interface MeasuredPoint {
  readonly at: Date;
  readonly measured: Measured;
}

export const MetricsPointRef = builder.objectRef<MeasuredPoint>('MetricsPoint').implement({
  description: 'One step of a history.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'The beginning of the step.' }),
    metrics: t.field({
      type: PerformanceMetricsRef,
      description: 'The figures of the step; null where it was without traffic.',
      resolve: ({ measured }) => measured,
    }),
  }),
});

export const windowArgument = (defaultValue: MetricsWindow) =>
  builder.args((t) => ({
    window: t.field({
      type: MetricsWindowRef,
      required: true,
      defaultValue,
      description: 'How far back the figures reach.',
    }),
  }));

/** The figures of these endpoints together. */
export async function measured(
  subjects: readonly string[],
  window: MetricsWindow,
  { rooms }: Context,
): Promise<Measured> {
  return measuredOf(await rooms.metrics.figures(subjects, window), window, rooms);
}

const measuredOf = (figures: Figures, window: MetricsWindow, { platform }: Rooms): Measured => ({
  window,
  figures,
  floor: platform.publicTrafficFloor,
});

export async function history(
  subject: string,
  window: MetricsWindow,
  { rooms }: Context,
): Promise<MeasuredPoint[]> {
  const points: HistoryPoint[] = await rooms.metrics.history([subject], window);
  return points.map(({ at, figures }) => ({ at, measured: measuredOf(figures, window, rooms) }));
}
