-- Events that were applied, as they came: what a back-test plays again. The oldest are dropped as time goes by.
create table events (
    shop_id     blob    not null,
    received_at integer not null,
    sequence    integer not null,
    origin      blob    not null,
    document    text    not null,
    primary key (shop_id, received_at, sequence)
) strict, without rowid;
