import { type Clock, hourMs, type Log, minuteMs, secondMs, type Timer } from '#kernel';
import type { Storage } from '#storage';
import { AppNames } from './app-names.ts';
import { type Archive, openArchive } from './archive.ts';
import { Figures } from './figures.ts';
import { type HistoryPoint, longHistory, shortHistory } from './history.ts';
import { LongWindows } from './long-windows.ts';
import { Own } from './own.ts';
import { type PublishedSecond, type PublishedSeconds, readSeconds } from './published.ts';
import type { Sample } from './sample.ts';
import { type Medians, Series, type Source } from './series.ts';
import { type MetricsWindow, startOf, windowMs } from './window.ts';

export interface MetricsOptions {
  readonly storage: Pick<Storage, 'query'>;
  readonly clock: Clock;
  readonly log: Log;
  /** This node since its start: what it counts is its own, and replaces what it said before. */
  readonly source: Source;
  /** Tells the other nodes. */
  readonly publish: (message: PublishedSeconds) => void;
}

/**
 * The door of the room. A subject is the id of an endpoint, or `app:` and the name of an
 * application.
 */
export interface Metrics {
  /** False until the long windows were read for the first time: who asks for one waits for it. */
  readonly warm: boolean;
  /** Resolves when `warm` is true, or when they could not be read. */
  warmed(): Promise<void>;
  /** Counts an attempt that has ended. Costs microseconds, waits for nothing. */
  record(sample: Sample): void;
  /** What other nodes counted. */
  apply(message: PublishedSeconds): void;
  /**
   * Of all these subjects together, for reading alone. Waits for the database for windows of a day
   * and more.
   */
  figures(subjects: readonly string[], window: MetricsWindow): Promise<Figures>;
  /** As `figures`, of the window before this one: what growth is measured against. */
  figuresBefore(subjects: readonly string[], window: MetricsWindow): Promise<Figures>;
  /** Applications that were named in the window. */
  apps(window: MetricsWindow): Promise<string[]>;
  /** Windows up to an hour, from memory; for reading alone. */
  live(subject: string, window: ShortWindow): Figures;
  /**
   * What a router sorts by: of the last ten seconds when there was traffic in them, else of the
   * last five minutes; null without any. Made once a second: cheap enough for each request.
   */
  medians(endpointId: string): Medians | null;
  /** Oldest first, empty steps included, at most 500 points. */
  history(subjects: readonly string[], window: MetricsWindow): Promise<HistoryPoint[]>;
  /** Writes what was counted; resolves when it is in the database. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export type ShortWindow = 'ONE_MINUTE' | 'FIVE_MINUTES' | 'THIRTY_MINUTES' | 'ONE_HOUR';

export const isShort = (window: MetricsWindow): window is ShortWindow => windowMs[window] <= hourMs;

const appPrefix = 'app:';

export const appSubject = (app: string) => `${appPrefix}${app}`;

/** Each node repeats its last ten seconds, so that a lost message is mended by the next. */
const repeatedSeconds = 10;

export async function openMetrics(options: MetricsOptions): Promise<Metrics> {
  const archive = openArchive(options.storage);
  const room = new Room(options, archive);
  await room.restore();
  room.warmUp();
  return room;
}

/** Of the many subjects without traffic; a feed asks for all of them with every tick. */
const nothing = Object.freeze(new Figures()) as Figures;

/** Of one subject its figures themselves: a ranking of a thousand models copies nothing. */
const sumOf = ([first, ...others]: readonly Figures[]): Figures =>
  first && others.length === 0 ? first : Figures.view(first ? [first, ...others] : []);

class Room implements Metrics {
  readonly #options: MetricsOptions;
  readonly #archive: Archive;
  readonly #series = new Map<string, Series>();
  readonly #own = new Own();
  readonly #apps = new AppNames();
  readonly #long: LongWindows;
  readonly #closing = new AbortController();
  #refreshing: Promise<void> | null = null;
  #warmed: Promise<void> = Promise.resolve();
  warm = false;
  readonly #timers: Timer[];
  /** Subjects that were counted here, and the second in which it was last. */
  readonly #counted = new Map<string, number>();

  constructor(options: MetricsOptions, archive: Archive) {
    const { clock, source } = options;
    this.#options = options;
    this.#archive = archive;
    const { signal } = this.#closing;
    this.#long = new LongWindows({ clock, archive, own: this.#own, source, signal });
    this.#timers = [
      clock.every(secondMs, () => this.#tick()),
      clock.every(minuteMs, () => void this.#write().then(() => this.#refresh())),
      clock.every(hourMs, () => void this.#prune()),
    ];
  }

  /** In the background. What could not be read is read by whoever asks, or a minute later. */
  warmUp(): void {
    this.#warmed = this.#refresh().finally(() => {
      this.warm = true;
    });
  }

  warmed(): Promise<void> {
    return this.#warmed;
  }

  record(sample: Sample): void {
    this.#count(sample.endpointId, sample);
    const app = this.#apps.of(sample);
    if (app !== null) this.#count(appSubject(app), sample);
  }

  #count(subject: string, sample: Sample): void {
    this.#seriesOf(subject).at(this.#options.source, sample.at).add(sample);
    this.#own.add(subject, sample);
    this.#counted.set(subject, Math.floor(sample.at / secondMs));
  }

  apply({ source, seconds }: PublishedSeconds): void {
    if (source === this.#options.source) return;
    for (const { subject, second, figures } of readSeconds(seconds)) {
      this.#seriesOf(subject).replace(source, second, Figures.from(figures));
    }
  }

  async figures(subjects: readonly string[], window: MetricsWindow): Promise<Figures> {
    const parts = isShort(window)
      ? subjects.map((subject) => this.live(subject, window))
      : await Promise.all(subjects.map((one) => this.#long.sum(one, windowMs[window])));
    return sumOf(parts);
  }

  async figuresBefore(subjects: readonly string[], window: MetricsWindow): Promise<Figures> {
    const length = windowMs[window];
    if (window === 'ONE_HOUR' || !isShort(window)) {
      return sumOf(
        await Promise.all(subjects.map((one) => this.#long.sum(one, 2 * length, length))),
      );
    }
    const until = this.#options.clock.now() - length;
    return Figures.sum(
      subjects.map((one) => this.#series.get(one)?.between(until - length, until) ?? new Figures()),
    );
  }

  async apps(window: MetricsWindow): Promise<string[]> {
    const kept = isShort(window) ? [] : await this.#long.subjects(windowMs[window]);
    const subjects = new Set([...kept, ...this.#series.keys()]);
    return [...subjects].flatMap((subject) =>
      subject.startsWith(appPrefix) ? [subject.slice(appPrefix.length)] : [],
    );
  }

  live(subject: string, window: ShortWindow): Figures {
    return this.#series.get(subject)?.sum(window, this.#options.clock.now()) ?? nothing;
  }

  medians(endpointId: string): Medians | null {
    return this.#series.get(endpointId)?.medians(this.#options.clock.now()) ?? null;
  }

  async history(subjects: readonly string[], window: MetricsWindow): Promise<HistoryPoint[]> {
    const nowMs = this.#options.clock.now();
    if (!isShort(window)) {
      const rows = { archive: this.#archive, own: this.#own, source: this.#options.source };
      return longHistory({ subjects, window, nowMs }, rows);
    }
    const series = subjects.flatMap((subject) => this.#series.get(subject) ?? []);
    return shortHistory(series, window, nowMs);
  }

  /** The short windows go on where they were, as far as it was written. */
  async restore(): Promise<void> {
    const nowMs = this.#options.clock.now();
    const fromMs = startOf('MINUTE', nowMs - hourMs);
    const running = startOf('MINUTE', nowMs);
    const span = { step: 'MINUTE', fromMs, untilMs: running + minuteMs } as const;
    for (const { subject, source, atMs, figures } of await this.#archive.read(span)) {
      const [series, minute] = [this.#seriesOf(subject), atMs / minuteMs];
      if (atMs < running) series.restore(minute, Figures.from(figures));
      else series.restoreBegun(source, minute, Figures.from(figures));
    }
  }

  flush(): Promise<void> {
    const { clock, source } = this.#options;
    return this.#own.flush(clock.now(), (rows) => this.#archive.write(source, rows));
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#closing.abort();
    await this.#refreshing;
    await this.#write();
  }

  #seriesOf(subject: string): Series {
    const series = this.#series.get(subject) ?? new Series();
    this.#series.set(subject, series);
    return series;
  }

  #tick(): void {
    this.#publish();
    const nowMs = this.#options.clock.now();
    for (const [subject, series] of this.#series) {
      if (!series.tidy(nowMs)) this.#series.delete(subject);
    }
  }

  #publish(): void {
    const { clock, source, publish } = this.#options;
    const now = Math.floor(clock.now() / secondMs);
    const last = Array.from({ length: repeatedSeconds }, (_, index) => now - index);
    const seconds: PublishedSecond[] = [];
    for (const [subject, counted] of this.#counted) {
      if (counted <= now - repeatedSeconds) this.#counted.delete(subject);
      for (const [second, figures] of this.#seriesOf(subject).of(source, last)) {
        seconds.push({ subject, second, figures: figures.toJSON() });
      }
    }
    if (seconds.length > 0) publish({ source, seconds: JSON.stringify(seconds) });
  }

  #write(): Promise<void> {
    return this.flush().catch((error) => {
      this.#options.log.warn('Metrics were not written; they are with the next minute.', { error });
    });
  }

  /** After what was written, and never twice at once. */
  #refresh(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    this.#refreshing ??= this.#long
      .refresh()
      .catch((error) => {
        if (this.#closing.signal.aborted) return;
        this.#options.log.warn('Long windows of metrics stay as they were read.', { error });
      })
      .finally(() => {
        this.#refreshing = null;
      });
    return this.#refreshing;
  }

  #prune(): Promise<void> {
    return this.#archive.prune(this.#options.clock.now()).catch((error) => {
      this.#options.log.warn('Old metrics were not removed.', { error });
    });
  }
}
