-- When a delivery that was put aside was taken in after all.
alter table asides add column taken_at bigint;
