-- CreateTable
CREATE TABLE "refused_parameter" (
    "endpoint_id" TEXT NOT NULL,
    "parameter" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "evidence" TEXT NOT NULL,

    CONSTRAINT "refused_parameter_pkey" PRIMARY KEY ("endpoint_id","parameter")
);
