-- What customers write, and what is sent because of it: answers to them, and notices to the shop's own people.
create table replies (
    shop_id     blob    not null,
    reply_id    blob    not null,
    customer_id blob    not null,
    channel     text    not null,
    at          integer not null,
    received_at integer not null,
    asks        integer not null,
    waits       integer not null,
    document    text    not null,
    primary key (shop_id, reply_id)
) strict;
create index replies_newest on replies (shop_id, at, reply_id);
create index replies_waiting on replies (shop_id, at, reply_id) where waits = 1;
create index replies_of_customer on replies (shop_id, customer_id, at, reply_id);
create table reply_sends (
    shop_id     blob    not null,
    send_id     blob    not null,
    reply_id    blob    not null,
    customer_id blob    not null,
    kind        text    not null,
    channel     text    not null,
    at          integer not null,
    due_at      integer,
    provider_id text,
    failed      integer not null,
    revision    integer not null,
    document    text    not null,
    primary key (shop_id, send_id)
) strict;
create index reply_sends_due on reply_sends (shop_id, due_at) where due_at is not null;
create index reply_sends_of_reply on reply_sends (shop_id, reply_id);
create index reply_sends_of_customer on reply_sends (shop_id, customer_id);
create index reply_sends_at_provider on reply_sends (shop_id, provider_id) where provider_id is not null;
create index reply_sends_told on reply_sends (shop_id, kind, at);
