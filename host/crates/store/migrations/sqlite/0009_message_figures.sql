-- What messages count as, summed by day in the shop's zone: moved in the transaction that changes the messages, so a
-- report costs by days and never by messages.

create table message_figures (
    shop_id     blob    not null,
    day         text    not null,
    strategy_id blob    not null,
    version_id  blob    not null,
    step        text    not null,
    channel     text    not null,
    content     text    not null,
    figure      text    not null,
    value       integer not null,
    primary key (shop_id, day, strategy_id, version_id, step, channel, content, figure)
) strict, without rowid;
