import { z } from 'zod';

/**
 * Of Stripe's objects, what is read here, in the shape in which each of its versions tells it. A
 * thing that is referred to comes as its id, or whole.
 */
const reference = z
  .union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)])
  .nullish()
  .transform((id) => id ?? null);

const cents = z.int().nonnegative();
const text = z.string().nullish();
const metadata = z.record(z.string(), z.string()).nullish();

const address = z.object({
  line1: text,
  line2: text,
  postal_code: text,
  city: text,
  state: text,
  country: text,
});

export const eventShape = z.object({
  type: z.string(),
  data: z.object({ object: z.unknown() }),
});

/** A page that was just opened. */
export const openedShape = z.object({ id: z.string(), url: z.url({ protocol: /^https?$/ }) });

/** A payment that was asked for. */
export const madeShape = z.object({ id: z.string(), status: z.string() });

export const sessionShape = z.object({
  id: z.string(),
  metadata,
  payment_status: text,
  currency: text,
  amount_subtotal: cents.nullish(),
  amount_total: cents.nullish(),
  total_details: z.object({ amount_tax: cents }).nullish(),
  payment_intent: reference,
  customer: reference,
  customer_details: z
    .object({
      name: text,
      email: text,
      address: address.nullish(),
      tax_ids: z.array(z.object({ type: z.string(), value: text })).nullish(),
    })
    .nullish(),
});

export const intentShape = z.object({
  id: z.string(),
  metadata,
  currency: text,
  amount_received: cents.nullish(),
  customer: reference,
  payment_method: reference,
  last_payment_error: z.object({ message: text }).nullish(),
});

export const chargeShape = z.object({ payment_intent: reference, amount_refunded: cents });

export const refundShape = z.object({
  id: z.string(),
  payment_intent: reference,
  amount: cents,
  status: text,
});

export const disputeShape = z.object({
  id: z.string(),
  payment_intent: reference,
  amount: cents,
  status: z.string(),
});

export type Session = z.infer<typeof sessionShape>;
export type Intent = z.infer<typeof intentShape>;
export type Charge = z.infer<typeof chargeShape>;
export type Refund = z.infer<typeof refundShape>;
export type Dispute = z.infer<typeof disputeShape>;
