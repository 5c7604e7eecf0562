-- Replies on one channel, newest first: where most come in over another, a page must not walk past all of those.
create index replies_of_channel on replies (shop_id, channel, at, reply_id);
