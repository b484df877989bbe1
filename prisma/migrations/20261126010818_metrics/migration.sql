-- CreateEnum
CREATE TYPE "MetricsStep" AS ENUM ('MINUTE', 'HOUR', 'DAY');

-- CreateTable
CREATE TABLE "metrics_row" (
    "step" "MetricsStep" NOT NULL,
    "subject" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "session" INTEGER NOT NULL,
    "figures" JSONB NOT NULL,

    CONSTRAINT "metrics_row_pkey" PRIMARY KEY ("step","subject","at","session")
);
