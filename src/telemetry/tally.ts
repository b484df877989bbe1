import type { Attributes, Meter } from '@opentelemetry/api';

/** Adds to what has this key; its labels are made with the first one. */
export type Tally = (amount: number, key: string, labels: () => Attributes) => void;

/**
 * A counter in plain numbers that OpenTelemetry reads when somebody looks: one of its own sorts and
 * serialises the labels each time that it is added to. Other labels have another key, and the same
 * ones the same.
 */
export function tally(meter: Meter, name: string, description: string): Tally {
  const counts = new Map<string, { readonly labels: Attributes; sum: number }>();
  meter.createObservableCounter(name, { description }).addCallback((result) => {
    for (const { labels, sum } of counts.values()) result.observe(sum, labels);
  });
  return (amount, key, labels) => {
    const count = counts.get(key);
    if (count) count.sum += amount;
    else if (amount > 0) counts.set(key, { labels: labels(), sum: amount });
  };
}
