-- AlterTable
ALTER TABLE "price_version" ADD COLUMN     "cache_write_hour" BIGINT;
