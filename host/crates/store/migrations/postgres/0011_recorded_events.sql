-- Events that were applied, as they came: what a back-test plays again. The oldest are dropped as time goes by.
create table events (
    shop_id     uuid   not null,
    received_at bigint not null,
    sequence    bigint not null,
    origin      uuid   not null,
    document    text   not null,
    primary key (shop_id, received_at, sequence)
);
