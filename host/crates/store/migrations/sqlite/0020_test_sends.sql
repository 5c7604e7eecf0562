-- Where a shop's own people see what a content looks like, and what was sent there (S26).
create table test_addresses (
    shop_id  blob    not null,
    kind     text    not null,
    value    text    not null,
    revision integer not null,
    document text    not null,
    primary key (shop_id, kind, value)
) strict, without rowid;
create table test_sends (
    shop_id     blob    not null,
    send_id     blob    not null,
    customer_id blob,
    kind        text    not null,
    at          integer not null,
    revision    integer not null,
    document    text    not null,
    primary key (shop_id, send_id)
) strict;
create index test_sends_newest on test_sends (shop_id, at, send_id);
create index test_sends_of_customer on test_sends (shop_id, customer_id) where customer_id is not null;
