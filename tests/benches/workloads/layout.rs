//! Runs that wait, written by the database itself: telling a million events would be another bench.

use std::ops::Range;
use std::sync::Arc;

use cartwright_domain::ids::{ShopId, StrategyId, VersionId};
use cartwright_domain::strategy::StrategyState;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_testkit::clock::{ManualClock, SeededEntropy};
use cartwright_testkit::database::Database;
use cartwright_tests::wiring;
use serde_json::json;
use sqlx::{Connection, PgConnection, SqliteConnection};

/// Where runs are laid out.
pub(crate) struct Layout {
    shop: ShopId,
    strategy: StrategyId,
    version: VersionId,
    /// When they began to settle.
    began: Timestamp,
}

impl Layout {
    /// Of a new shop whose only strategy ends each run as it settles.
    pub(crate) async fn of_a_shop(database: &Database, began: Timestamp) -> Self {
        let clock = Arc::new(ManualClock::new(began));
        let engine = wiring::engine(database.store(), clock, Arc::new(SeededEntropy::new(3)));
        let shop = engine.make_shop("W3", "EUR".parse().unwrap(), None, None).await.unwrap().id;
        let strategy = json!({
            "name": "W3", "trigger": { "on": "custom", "event": "shop.visited", "next": "done" },
            "steps": { "done": { "kind": "exit" } }
        });
        let strategy = serde_json::from_value(strategy).unwrap();
        let published = engine.publish(shop, None, strategy, StrategyState::Live).await.unwrap();
        Self { shop, strategy: published.version.strategy, version: published.version.id, began }
    }

    /// A customer with a settling run for each number, in the order of their ids, as they come in life. The first is
    /// due at an instant, each other so much later than the one before.
    pub(crate) async fn runs(&self, url: &str, numbers: Range<u32>, due: Timestamp, apart: Span) {
        if url.starts_with("sqlite") {
            self.in_sqlite(url, numbers, due, apart).await;
        } else {
            self.in_postgres(url, numbers, due, apart).await;
        }
    }

    async fn in_sqlite(&self, url: &str, numbers: Range<u32>, due: Timestamp, apart: Span) {
        let (customer, run) = self.documents(due);
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        sqlx::query("create temp table ids as with recursive n(i) as (select $1 union all select i + 1 from n where i + 1 < $2) select i, unhex(printf('01900000000070008000%012x', i)) as customer, unhex(printf('01900000000070018000%012x', i)) as run from n")
            .bind(numbers.start)
            .bind(numbers.end)
            .execute(&mut *transaction)
            .await
            .unwrap();
        sqlx::query("insert into customers (shop_id, customer_id, revision, document) select $1, customer, 1, replace($2, 'CUSTOMER', lower(hex(customer))) from ids order by i")
            .bind(self.shop.0)
            .bind(customer)
            .execute(&mut *transaction)
            .await
            .unwrap();
        sqlx::query("insert into runs (shop_id, run_id, customer_id, strategy_id, run_key, active, due_at, revision, document) select $1, run, customer, $2, 'customer:' || hex(customer), 1, $3 + (i - $5) * $6, 1, replace(replace($4, 'CUSTOMER', lower(hex(customer))), 'RUN', lower(hex(run))) from ids order by i")
            .bind(self.shop.0)
            .bind(self.strategy.0)
            .bind(due.millis())
            .bind(run)
            .bind(numbers.start)
            .bind(apart.millis())
            .execute(&mut *transaction)
            .await
            .unwrap();
        sqlx::query("drop table temp.ids").execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
        sqlx::query("analyze").execute(&mut connection).await.unwrap();
    }

    async fn in_postgres(&self, url: &str, numbers: Range<u32>, due: Timestamp, apart: Span) {
        let (customer, run) = self.documents(due);
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query(
            "with ids as materialized (
                 select i, ('01900000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid as customer,
                        ('01900000-0000-7001-8000-' || lpad(to_hex(i), 12, '0'))::uuid as run
                 from generate_series($1::bigint, $8::bigint - 1) i),
             people as (insert into customers (shop_id, customer_id, revision, document)
                        select $2, customer, 1, replace($3, 'CUSTOMER', customer::text) from ids)
             insert into runs (shop_id, run_id, customer_id, strategy_id, run_key, active, due_at, revision, document)
             select $2, run, customer, $4, 'customer:' || customer::text, true, $5 + (i - $1) * $7, 1,
                    replace(replace($6, 'CUSTOMER', customer::text), 'RUN', run::text) from ids",
        )
        .bind(i64::from(numbers.start))
        .bind(self.shop.0)
        .bind(customer)
        .bind(self.strategy.0)
        .bind(due.millis())
        .bind(run)
        .bind(apart.millis())
        .bind(i64::from(numbers.end))
        .execute(&mut connection)
        .await
        .unwrap();
        // What follows upon writing millions of rows at once is no part of what is measured.
        for after in ["vacuum (analyze) customers, runs", "checkpoint"] {
            sqlx::query(after).execute(&mut connection).await.unwrap();
        }
    }

    fn documents(&self, due: Timestamp) -> (String, String) {
        let customer = json!({ "id": "CUSTOMER", "registered_at": self.began });
        let run = json!({
            "id": "RUN", "strategy": self.strategy, "version": self.version, "customer": "CUSTOMER",
            "key": "customer:CUSTOMER", "started_at": self.began, "newest_trigger_at": self.began,
            "trigger": { "event": "shop.visited" }, "position": { "at": "settling" }, "due_at": due,
        });
        (customer.to_string(), run.to_string())
    }
}
