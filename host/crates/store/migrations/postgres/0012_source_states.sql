-- What is known of sources beside their settings: what they are asked and when next, and how far their past was read.
create table source_states (
    shop_id       uuid   not null,
    connection_id uuid   not null,
    due_at        bigint,
    revision      bigint not null,
    document      text   not null,
    primary key (shop_id, connection_id),
    foreign key (shop_id, connection_id) references connections on delete cascade
);
create index source_states_due on source_states (shop_id, due_at) where due_at is not null;
