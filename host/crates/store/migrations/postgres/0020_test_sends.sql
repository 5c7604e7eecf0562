-- Where a shop's own people see what a content looks like, and what was sent there (S26).
create table test_addresses (
    shop_id  uuid   not null,
    kind     text   not null,
    value    text   not null,
    revision bigint not null,
    document text   not null,
    primary key (shop_id, kind, value)
);
create table test_sends (
    shop_id     uuid   not null,
    send_id     uuid   not null,
    customer_id uuid,
    kind        text   not null,
    at          bigint not null,
    revision    bigint not null,
    document    text   not null,
    primary key (shop_id, send_id)
);
create index test_sends_newest on test_sends (shop_id, at, send_id);
create index test_sends_of_customer on test_sends (shop_id, customer_id) where customer_id is not null;
