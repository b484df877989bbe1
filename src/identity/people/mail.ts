import type { Log, Secret } from '#kernel';

/** One letter, as plain text. */
export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mail {
  /** Whether letters leave the machine: then who answers one has shown that they get them. */
  readonly delivers: boolean;
  /** Never throws, and nobody waits for it: its time would tell that there is an account. */
  send(letter: Letter): void;
  /** Waits for what is on its way out. */
  close(): Promise<void>;
}

export interface MailOptions {
  /** Null: letters are shown to the operator. */
  readonly smtp: { readonly smtpUrl: Secret; readonly from: string } | null;
  /** Writes to the operator's terminal; what it is given is in no log. */
  readonly show: (text: string) => void;
  readonly log: Log;
}

/** Letters by SMTP when it is configured, else on the terminal of who runs the server. */
export async function openMail({ smtp, show, log }: MailOptions): Promise<Mail> {
  if (smtp === null) return shownMail(show);
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({ url: smtp.smtpUrl.reveal(), pool: true });
  const onTheWay = new Set<Promise<void>>();
  const post = async ({ to, subject, text }: Letter) => {
    try {
      await transport.sendMail({ from: smtp.from, to, subject, text });
    } catch (error) {
      log.error('a letter could not be sent', { error });
    }
  };
  return {
    delivers: true,
    send(letter) {
      const sent = post(letter).finally(() => onTheWay.delete(sent));
      onTheWay.add(sent);
    },
    async close() {
      await Promise.all(onTheWay);
      transport.close();
    },
  };
}

function shownMail(show: (text: string) => void): Mail {
  return {
    delivers: false,
    send: ({ to, subject, text }) =>
      show(
        `\nNo SMTP_URL is set; a letter to ${to}:\n  ${subject}\n  ${text.split('\n').join('\n  ')}\n`,
      ),
    close: async () => {},
  };
}
