-- CreateTable
CREATE TABLE "completion_content" (
    "completion_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL,
    "content" TEXT NOT NULL,

    CONSTRAINT "completion_content_pkey" PRIMARY KEY ("completion_id")
);

-- CreateIndex
CREATE INDEX "completion_content_organization_id_ended_at_idx" ON "completion_content"("organization_id", "ended_at");

-- AddForeignKey
ALTER TABLE "completion_content" ADD CONSTRAINT "completion_content_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
