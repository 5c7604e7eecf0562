-- Which signatures a shop trusts. Apart from the shop itself, so that nobody changes it by the way.

create table trust_policies (
    shop_id  blob not null primary key,
    document text not null
) strict, without rowid;
