-- When the payment provider was last asked for an automatic top-up: one whose outcome is not known is asked again.

-- AlterTable
ALTER TABLE "purchase" ADD COLUMN     "asked_at" TIMESTAMPTZ(3);
