-- CreateEnum
CREATE TYPE "CatalogChangeKind" AS ENUM ('MODEL_ADDED', 'MODEL_CHANGED', 'MODEL_DEPRECATED', 'MODEL_REMOVED', 'ENDPOINT_ADDED', 'ENDPOINT_CHANGED', 'ENDPOINT_PRICE_CHANGED', 'ENDPOINT_STATUS_CHANGED', 'ENDPOINT_REMOVED', 'PROVIDER_ADDED', 'PROVIDER_CHANGED', 'PROVIDER_REMOVED');

-- CreateEnum
CREATE TYPE "EndpointStatus" AS ENUM ('UP', 'DEGRADED', 'DOWN', 'NOT_CONFIGURED', 'DISABLED');

-- CreateTable
CREATE TABLE "catalog_change" (
    "number" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" "CatalogChangeKind" NOT NULL,
    "subject_id" TEXT NOT NULL,
    "model_id" TEXT,
    "model_slug" TEXT,
    "provider_id" TEXT,
    "provider_slug" TEXT,
    "previous_price_id" TEXT,
    "new_price_id" TEXT,
    "previous_status" "EndpointStatus",
    "new_status" "EndpointStatus",
    "reason" TEXT,

    CONSTRAINT "catalog_change_pkey" PRIMARY KEY ("number")
);

-- CreateTable
CREATE TABLE "endpoint_incident" (
    "endpoint_id" TEXT NOT NULL,
    "status" "EndpointStatus" NOT NULL,
    "reason" TEXT,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "endpoint_incident_pkey" PRIMARY KEY ("endpoint_id")
);

-- CreateIndex
CREATE INDEX "catalog_change_model_slug_number_idx" ON "catalog_change"("model_slug", "number" DESC);

-- CreateIndex
CREATE INDEX "catalog_change_provider_slug_number_idx" ON "catalog_change"("provider_slug", "number" DESC);

-- AddForeignKey
ALTER TABLE "catalog_change" ADD CONSTRAINT "catalog_change_previous_price_id_fkey" FOREIGN KEY ("previous_price_id") REFERENCES "price_version"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "catalog_change" ADD CONSTRAINT "catalog_change_new_price_id_fkey" FOREIGN KEY ("new_price_id") REFERENCES "price_version"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "endpoint_incident" ADD CONSTRAINT "endpoint_incident_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
