-- What a key's own provider keys were billed for is summed up without reading all that the key ever ran: of a busy one
-- that took longer than a statement may.

CREATE INDEX "completion_own_provider_key" ON "completion" (api_key_id) INCLUDE (finished_at, upstream_cost)
  WHERE own_provider_key;
