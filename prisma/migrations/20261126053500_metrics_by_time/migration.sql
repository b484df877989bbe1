-- CreateIndex
CREATE INDEX "metrics_row_step_at_idx" ON "metrics_row"("step", "at");
