-- When a provider is asked what a message cost, where it did not say so when it took it.
alter table messages add column price_due_at bigint;
create index messages_price_due on messages (shop_id, price_due_at, message_id) where price_due_at is not null;
