-- CreateTable
CREATE TABLE "master_key" (
    "number" INTEGER NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "master_key_pkey" PRIMARY KEY ("number")
);
