import { Writable } from 'node:stream';
import { openLog } from '#kernel';
import { openCollector } from './collector.ts';
import { type WholeApp, wholeApp } from './whole-app.ts';

/** A server of which everything is read that it writes beside its answers. */
export interface WatchedApp {
  readonly app: WholeApp;
  /** Its log at the level `debug`, so far. */
  logged(): string;
  /** The paths at which traces and metrics came in. */
  exportedTo(): ReadonlySet<string>;
  /** The bytes of them; complete once the app is closed. */
  exported(): string;
  close(): void;
}

/** `settings` are environment variables. */
export async function watchedApp(
  settings: Readonly<Record<string, string>> = {},
): Promise<WatchedApp> {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = await openLog({ level: 'debug', destination });
  const collector = await openCollector();
  const exporting = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const app = await wholeApp({ log, settings: { ...settings, ...exporting } });
  return {
    app,
    logged: () => lines.join('\n'),
    exportedTo: () => new Set(collector.sent.map(({ path }) => path)),
    exported: () => Buffer.concat(collector.sent.map(({ bytes }) => bytes)).toString('latin1'),
    close: () => collector.close(),
  };
}
