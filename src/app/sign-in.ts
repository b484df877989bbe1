import type { Config } from '#config';
import { openMail, openPeople, type People, type Secrets } from '#identity';
import type { Clock, Log } from '#kernel';
import type { Attempts } from '#limits';
import type { Storage } from '#storage';
import type { Site } from './site.ts';

export interface SignInOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly storage: Storage;
  readonly secrets: Secrets;
  readonly attempts: Attempts;
  readonly site: Site;
  readonly show?: (text: string) => void;
}

/**
 * People who sign in, as the settings have it. Without SMTP their letters stand on standard output,
 * beside the notice: they hold links that must be in no log.
 */
export async function openSignIn(options: SignInOptions): Promise<People> {
  const { config, clock, log, storage, secrets, attempts, site } = options;
  const { github, google, oidc } = config;
  const { show = (text: string) => void process.stdout.write(text) } = options;
  const mail = await openMail({ smtp: config.mail, show, log });
  const { cipher } = secrets;
  const common = { storage, clock, log, cipher, mail, site, guesses: attempts };
  const people = openPeople({ ...common, github, google, oidc });
  return {
    ...people,
    async close() {
      people.close();
      await mail.close();
    },
  };
}
