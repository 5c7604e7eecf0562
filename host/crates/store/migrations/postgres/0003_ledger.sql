-- Customers, runs and messages. Every row has a revision that moves by one with each change: whoever builds on an
-- older one is refused. Pages have room for it. `customer_id` is true over whatever the document says, because merging moves rows by it.

create table customers (
    shop_id     uuid   not null,
    customer_id uuid   not null,
    revision    bigint not null,
    document    text   not null,
    primary key (shop_id, customer_id)
) with (fillfactor = 80);

-- Customers that turned out to be another, with the one they are now.
create table merged_customers (
    shop_id     uuid not null,
    customer_id uuid not null,
    became      uuid not null,
    primary key (shop_id, customer_id)
);
create index merged_customers_by_heir on merged_customers (shop_id, became);

create table identities (
    shop_id     uuid             not null,
    kind        text collate "C" not null,
    value       text collate "C" not null,
    customer_id uuid             not null,
    primary key (shop_id, kind, value),
    foreign key (shop_id, customer_id) references customers
);
create index identities_of_customer on identities (shop_id, customer_id);

create table carts (
    shop_id     uuid    not null,
    cart_id     uuid    not null,
    customer_id uuid    not null,
    open        boolean not null,
    revision    bigint  not null,
    document    text    not null,
    primary key (shop_id, cart_id),
    foreign key (shop_id, customer_id) references customers
) with (fillfactor = 80);
create index carts_of_customer on carts (shop_id, customer_id, open);

create table orders (
    shop_id     uuid             not null,
    order_id    text collate "C" not null,
    customer_id uuid             not null,
    revision    bigint           not null,
    document    text             not null,
    primary key (shop_id, order_id),
    foreign key (shop_id, customer_id) references customers
);
create index orders_of_customer on orders (shop_id, customer_id);

create table runs (
    shop_id     uuid             not null,
    run_id      uuid             not null,
    customer_id uuid             not null,
    strategy_id uuid             not null,
    run_key     text collate "C" not null,
    active      boolean          not null,
    due_at      bigint,
    revision    bigint           not null,
    document    text             not null,
    primary key (shop_id, run_id),
    foreign key (shop_id, customer_id) references customers
) with (fillfactor = 80);
-- Never two active runs of a strategy for one key (S07).
create unique index runs_active on runs (shop_id, strategy_id, run_key) where active;
create index runs_due on runs (shop_id, due_at, run_id) where due_at is not null;
create index runs_of_customer on runs (shop_id, customer_id, run_id);
create index runs_of_strategy on runs (shop_id, strategy_id, run_id);

create table messages (
    shop_id     uuid             not null,
    message_id  uuid             not null,
    run_id      uuid             not null,
    customer_id uuid             not null,
    created_at  bigint           not null,
    due_at      bigint,
    provider_id text collate "C",
    revision    bigint           not null,
    document    text             not null,
    primary key (shop_id, message_id),
    foreign key (shop_id, run_id) references runs,
    foreign key (shop_id, customer_id) references customers
) with (fillfactor = 80);
create index messages_due on messages (shop_id, due_at, message_id) where due_at is not null;
create index messages_by_provider on messages (shop_id, provider_id) where provider_id is not null;
create index messages_of_run on messages (shop_id, run_id);
create index messages_of_customer on messages (shop_id, customer_id);
create index messages_newest on messages (shop_id, created_at, message_id);

create table traces (
    shop_id  uuid   not null,
    run_id   uuid   not null,
    sequence bigint not null,
    document text   not null,
    primary key (shop_id, run_id, sequence)
);

create table inbox (
    shop_id    uuid   not null,
    message_id uuid   not null,
    at         bigint not null,
    recipient  text   not null,
    document   text   not null,
    primary key (shop_id, message_id)
);
create index inbox_newest on inbox (shop_id, at, message_id);
