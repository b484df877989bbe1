-- Every table of prisma/schema.prisma, as Prisma's schema engine prints them. By hand are only the partitions of
-- `completion` and the two rows at the end. CHECKs, functions and triggers stand in later migrations.

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('OWNER', 'ADMIN', 'BILLING', 'DEVELOPER', 'VIEWER');

-- CreateEnum
CREATE TYPE "ApiKeyKind" AS ENUM ('INFERENCE', 'MANAGEMENT');

-- CreateEnum
CREATE TYPE "LimitPeriod" AS ENUM ('NONE', 'DAILY', 'WEEKLY', 'MONTHLY');

-- CreateEnum
CREATE TYPE "SessionState" AS ENUM ('LIVE', 'CLOSED', 'DEAD');

-- CreateEnum
CREATE TYPE "AccountKind" AS ENUM ('ORGANIZATION', 'PROVIDER', 'PLATFORM');

-- CreateEnum
CREATE TYPE "AllowanceSubject" AS ENUM ('MEMBER', 'API_KEY');

-- CreateEnum
CREATE TYPE "LeaseKind" AS ENUM ('ACCOUNT', 'ALLOWANCE');

-- CreateEnum
CREATE TYPE "LedgerKind" AS ENUM ('PURCHASE', 'GRANT', 'USAGE', 'FEE', 'REFUND', 'ADJUSTMENT');

-- CreateEnum
CREATE TYPE "CompletionStatus" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "FinishReason" AS ENUM ('STOP', 'LENGTH', 'TOOL_CALLS', 'CONTENT_FILTER', 'BUDGET', 'CANCELLED', 'ERROR');

-- CreateTable
CREATE TABLE "clock" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "tick" BIGINT NOT NULL DEFAULT 0,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "clock_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "change_head" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "number" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "change_head_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "change" (
    "number" BIGINT NOT NULL,
    "topic" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "change_pkey" PRIMARY KEY ("number")
);

-- CreateTable
CREATE TABLE "audit_head" (
    "chain" TEXT NOT NULL,
    "count" BIGINT NOT NULL DEFAULT 0,
    "hash" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "audit_head_pkey" PRIMARY KEY ("chain")
);

-- CreateTable
CREATE TABLE "audit" (
    "id" TEXT NOT NULL,
    "chain" TEXT NOT NULL,
    "number" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "address" TEXT,
    "details" JSONB NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT,
    "is_platform_admin" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "organization" (
    "id" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retain_content_days" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "membership" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" "Role" NOT NULL,
    "monthly_budget" BIGINT,
    "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "membership_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "membership_id" TEXT,
    "name" TEXT NOT NULL,
    "kind" "ApiKeyKind" NOT NULL,
    "hint" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "previous_hash" TEXT,
    "previous_secret_expires_at" TIMESTAMPTZ(3),
    "credit_limit" BIGINT,
    "limit_period" "LimitPeriod" NOT NULL DEFAULT 'NONE',
    "requests_per_minute" INTEGER,
    "allowed_models" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "disabled" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "routing_policy" (
    "organization_id" TEXT NOT NULL,
    "allowed_models" JSONB,
    "allowed_providers" JSONB,
    "denied_providers" JSONB,
    "allow_training" BOOLEAN NOT NULL DEFAULT true,
    "require_zero_retention" BOOLEAN NOT NULL DEFAULT false,
    "max_prompt_price_per_million" BIGINT,
    "max_completion_price_per_million" BIGINT,

    CONSTRAINT "routing_policy_pkey" PRIMARY KEY ("organization_id")
);

-- CreateTable
CREATE TABLE "provider" (
    "id" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "homepage" TEXT,
    "status_page" TEXT,
    "connector" TEXT NOT NULL,
    "base_url" TEXT,
    "env_variable" TEXT,
    "sealed_secret" BYTEA,
    "trains_on_prompts" BOOLEAN,
    "retains_prompts" BOOLEAN,
    "retention_days" INTEGER,
    "curated" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "provider_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model" (
    "id" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "author" TEXT NOT NULL,
    "description" TEXT,
    "context_length" INTEGER NOT NULL,
    "max_output_tokens" INTEGER,
    "input_modalities" TEXT[],
    "output_modalities" TEXT[],
    "supported_parameters" TEXT[],
    "open_weights" BOOLEAN NOT NULL DEFAULT false,
    "knowledge_cutoff" TEXT,
    "aliases" TEXT[],
    "tokenizer" TEXT,
    "curated" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "deprecated_at" TIMESTAMPTZ(3),
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "model_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "endpoint" (
    "id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "upstream_model" TEXT NOT NULL,
    "context_length" INTEGER NOT NULL,
    "max_output_tokens" INTEGER,
    "quantization" TEXT,
    "supported_parameters" TEXT[],
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "curated" BOOLEAN NOT NULL DEFAULT false,
    "connect_timeout_ms" INTEGER,
    "first_content_timeout_ms" INTEGER,
    "idle_timeout_ms" INTEGER,
    "total_timeout_ms" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "endpoint_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "price_version" (
    "id" TEXT NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "from" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3),
    "prompt" BIGINT NOT NULL,
    "completion" BIGINT NOT NULL,
    "cache_read" BIGINT,
    "cache_write" BIGINT,
    "reasoning" BIGINT,
    "image" BIGINT,
    "request" BIGINT,
    "tiers" JSONB NOT NULL DEFAULT '[]',
    "source" TEXT,
    "checked_at" TIMESTAMPTZ(3),

    CONSTRAINT "price_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "node_session" (
    "id" SERIAL NOT NULL,
    "node" TEXT NOT NULL,
    "state" "SessionState" NOT NULL DEFAULT 'LIVE',
    "renewed_tick" BIGINT NOT NULL,
    "ack_change" BIGINT NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "node_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credit_account" (
    "id" TEXT NOT NULL,
    "kind" "AccountKind" NOT NULL,
    "organization_id" TEXT,
    "balance" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "leased" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "seq" BIGINT NOT NULL DEFAULT 0,
    "recall_tick" BIGINT,

    CONSTRAINT "credit_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "allowance" (
    "id" TEXT NOT NULL,
    "subject" "AllowanceSubject" NOT NULL,
    "subject_id" TEXT NOT NULL,
    "period_start" TIMESTAMPTZ(3) NOT NULL,
    "spent" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "leased" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "recall_tick" BIGINT,

    CONSTRAINT "allowance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lease" (
    "session" INTEGER NOT NULL,
    "kind" "LeaseKind" NOT NULL,
    "target" TEXT NOT NULL,
    "amount" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "held" DECIMAL(38,0) NOT NULL DEFAULT 0,

    CONSTRAINT "lease_pkey" PRIMARY KEY ("session","kind","target")
);

-- CreateTable
CREATE TABLE "claim" (
    "principal" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "body_hmac" TEXT NOT NULL,
    "completion" TEXT NOT NULL,
    "session" INTEGER NOT NULL,
    "gen" INTEGER NOT NULL DEFAULT 1,
    "outcome" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "claim_pkey" PRIMARY KEY ("principal","key")
);

-- CreateTable
CREATE TABLE "journal" (
    "session" INTEGER NOT NULL,
    "n" BIGINT NOT NULL,
    "records" JSONB NOT NULL,

    CONSTRAINT "journal_pkey" PRIMARY KEY ("session","n")
);

-- CreateTable
CREATE TABLE "ledger_tx" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "description" TEXT NOT NULL,
    "actor" TEXT,
    "key" TEXT,

    CONSTRAINT "ledger_tx_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "entry" (
    "id" TEXT NOT NULL,
    "tx_id" BIGINT NOT NULL,
    "account_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "kind" "LedgerKind" NOT NULL,
    "amount" BIGINT NOT NULL,
    "balance_after" DECIMAL(38,0) NOT NULL,
    "fee" BIGINT,
    "completion_id" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rollup" (
    "organization_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "api_key_id" TEXT NOT NULL,
    "membership_id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "app" TEXT NOT NULL,
    "shard" INTEGER NOT NULL,
    "requests" BIGINT NOT NULL DEFAULT 0,
    "failures" BIGINT NOT NULL DEFAULT 0,
    "prompt_tokens" BIGINT NOT NULL DEFAULT 0,
    "cached_tokens" BIGINT NOT NULL DEFAULT 0,
    "completion_tokens" BIGINT NOT NULL DEFAULT 0,
    "reasoning_tokens" BIGINT NOT NULL DEFAULT 0,
    "cost" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "fee" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "charged" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "refunded" DECIMAL(38,0) NOT NULL DEFAULT 0,

    CONSTRAINT "rollup_pkey" PRIMARY KEY ("organization_id","hour","api_key_id","membership_id","model_id","endpoint_id","provider_id","app","shard")
);

-- CreateTable
CREATE TABLE "quarantine" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "session" INTEGER NOT NULL,
    "record" JSONB NOT NULL,
    "error" TEXT NOT NULL,

    CONSTRAINT "quarantine_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "completion" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "api_key_id" TEXT,
    "membership_id" TEXT,
    "user_id" TEXT,
    "session" INTEGER NOT NULL,
    "status" "CompletionStatus" NOT NULL,
    "finish_reason" "FinishReason",
    "native_finish_reason" TEXT,
    "requested_model" TEXT NOT NULL,
    "model_id" TEXT,
    "endpoint_id" TEXT,
    "provider_id" TEXT,
    "prompt_tokens" INTEGER NOT NULL DEFAULT 0,
    "completion_tokens" INTEGER NOT NULL DEFAULT 0,
    "cached_tokens" INTEGER NOT NULL DEFAULT 0,
    "cache_write_tokens" INTEGER NOT NULL DEFAULT 0,
    "reasoning_tokens" INTEGER NOT NULL DEFAULT 0,
    "estimated" BOOLEAN NOT NULL DEFAULT false,
    "own_provider_key" BOOLEAN NOT NULL DEFAULT false,
    "lines" JSONB NOT NULL DEFAULT '[]',
    "cost" BIGINT NOT NULL DEFAULT 0,
    "upstream_cost" BIGINT NOT NULL DEFAULT 0,
    "fee" BIGINT NOT NULL DEFAULT 0,
    "charged" BIGINT NOT NULL DEFAULT 0,
    "waived" BIGINT NOT NULL DEFAULT 0,
    "refunded" BIGINT NOT NULL DEFAULT 0,
    "attempts" JSONB NOT NULL DEFAULT '[]',
    "error" JSONB,
    "dropped_parameters" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "metadata" JSONB,
    "end_user" TEXT,
    "session_id" TEXT,
    "app" TEXT,
    "streamed" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "time_to_first_token_ms" DOUBLE PRECISION,
    "latency_ms" DOUBLE PRECISION,
    "allowances" JSONB NOT NULL DEFAULT '[]',

    CONSTRAINT "completion_pkey" PRIMARY KEY ("id")
) PARTITION BY RANGE ("id");

-- An id begins with the time of its creation, so a range of ids is a span of time, and the id alone stays unique,
-- which PostgreSQL refuses for any other partition key. What no partition of its own covers goes here.
CREATE TABLE "completion_rest" PARTITION OF "completion" DEFAULT;

-- CreateIndex
CREATE INDEX "audit_chain_at_idx" ON "audit"("chain", "at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "audit_chain_number_key" ON "audit"("chain", "number");

-- CreateIndex
CREATE UNIQUE INDEX "user_email_key" ON "user"("email");

-- CreateIndex
CREATE UNIQUE INDEX "organization_slug_key" ON "organization"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "membership_organization_id_user_id_key" ON "membership"("organization_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_previous_hash_key" ON "api_key"("previous_hash");

-- CreateIndex
CREATE INDEX "api_key_organization_id_idx" ON "api_key"("organization_id");

-- CreateIndex
CREATE UNIQUE INDEX "provider_slug_key" ON "provider"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "model_slug_key" ON "model"("slug");

-- CreateIndex
CREATE INDEX "endpoint_provider_id_idx" ON "endpoint"("provider_id");

-- CreateIndex
CREATE UNIQUE INDEX "endpoint_model_id_provider_id_upstream_model_key" ON "endpoint"("model_id", "provider_id", "upstream_model");

-- CreateIndex
CREATE INDEX "price_version_endpoint_id_from_idx" ON "price_version"("endpoint_id", "from" DESC);

-- CreateIndex
CREATE INDEX "node_session_state_idx" ON "node_session"("state");

-- CreateIndex
CREATE UNIQUE INDEX "credit_account_organization_id_key" ON "credit_account"("organization_id");

-- CreateIndex
CREATE UNIQUE INDEX "allowance_subject_subject_id_period_start_key" ON "allowance"("subject", "subject_id", "period_start");

-- CreateIndex
CREATE INDEX "lease_kind_target_idx" ON "lease"("kind", "target");

-- CreateIndex
CREATE INDEX "claim_expires_at_idx" ON "claim"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_tx_key_key" ON "ledger_tx"("key");

-- CreateIndex
CREATE INDEX "entry_completion_id_idx" ON "entry"("completion_id");

-- CreateIndex
CREATE UNIQUE INDEX "entry_account_id_seq_key" ON "entry"("account_id", "seq");

-- CreateIndex
CREATE INDEX "completion_organization_id_id_idx" ON "completion"("organization_id", "id" DESC);

-- CreateIndex
CREATE INDEX "completion_api_key_id_id_idx" ON "completion"("api_key_id", "id" DESC);

-- AddForeignKey
ALTER TABLE "membership" ADD CONSTRAINT "membership_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "membership" ADD CONSTRAINT "membership_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_membership_id_fkey" FOREIGN KEY ("membership_id") REFERENCES "membership"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "routing_policy" ADD CONSTRAINT "routing_policy_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "provider"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "price_version" ADD CONSTRAINT "price_version_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credit_account" ADD CONSTRAINT "credit_account_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entry" ADD CONSTRAINT "entry_tx_id_fkey" FOREIGN KEY ("tx_id") REFERENCES "ledger_tx"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entry" ADD CONSTRAINT "entry_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "credit_account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "completion" ADD CONSTRAINT "completion_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The one row of each of these.
INSERT INTO "clock" DEFAULT VALUES;
INSERT INTO "change_head" DEFAULT VALUES;
