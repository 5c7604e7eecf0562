-- What customers write, and what is sent because of it: answers to them, and notices to the shop's own people.
create table replies (
    shop_id     uuid    not null,
    reply_id    uuid    not null,
    customer_id uuid    not null,
    channel     text    not null,
    at          bigint  not null,
    received_at bigint  not null,
    asks        boolean not null,
    waits       boolean not null,
    document    text    not null,
    primary key (shop_id, reply_id)
);
create index replies_newest on replies (shop_id, at, reply_id);
create index replies_waiting on replies (shop_id, at, reply_id) where waits;
create index replies_of_customer on replies (shop_id, customer_id, at, reply_id);
create table reply_sends (
    shop_id     uuid    not null,
    send_id     uuid    not null,
    reply_id    uuid    not null,
    customer_id uuid    not null,
    kind        text    not null,
    channel     text    not null,
    at          bigint  not null,
    due_at      bigint,
    provider_id text,
    failed      boolean not null,
    revision    bigint  not null,
    document    text    not null,
    primary key (shop_id, send_id)
);
create index reply_sends_due on reply_sends (shop_id, due_at) where due_at is not null;
create index reply_sends_of_reply on reply_sends (shop_id, reply_id);
create index reply_sends_of_customer on reply_sends (shop_id, customer_id);
create index reply_sends_at_provider on reply_sends (shop_id, provider_id) where provider_id is not null;
create index reply_sends_told on reply_sends (shop_id, kind, at);
