-- What messages count as, summed by day in the shop's zone: moved in the transaction that changes the messages, so a
-- report costs by days and never by messages.

create table message_figures (
    shop_id     uuid             not null,
    day         text collate "C" not null,
    strategy_id uuid             not null,
    version_id  uuid             not null,
    step        text collate "C" not null,
    channel     text collate "C" not null,
    content     text collate "C" not null,
    figure      text collate "C" not null,
    value       bigint           not null,
    primary key (shop_id, day, strategy_id, version_id, step, channel, content, figure)
) with (fillfactor = 80);
