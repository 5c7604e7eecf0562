//! Figures of messages: sums that move with the messages, in the same transaction.

use cartwright_domain::funnel::Cell;
use cartwright_domain::ids::ShopId;
use cartwright_engine::ports::{FigureFilter, StoreError};
use serde_json::{Value, json};
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::error::failed;
use crate::rows::{self, FigureRow};
use crate::text::column;

/// Moves sums.
pub(super) async fn move_figures(
    transaction: &mut Transaction<'static, Sqlite>,
    shop: ShopId,
    figures: &[(Cell, i64)],
) -> Result<(), StoreError> {
    if figures.is_empty() {
        return Ok(());
    }
    let rows = figures.iter().map(|(cell, by)| {
        let (step, channel, content) = (column(&cell.step), column(&cell.channel), column(&cell.content));
        json!([cell.day, cell.strategy, cell.version, step, channel, content, cell.figure, by])
    });
    sqlx::query(
        "insert into message_figures (shop_id, day, strategy_id, version_id, step, channel, content, figure, value)
         select $1, value ->> 0, unhex(value ->> 1, '-'), unhex(value ->> 2, '-'), value ->> 3, value ->> 4, value ->> 5,
                value ->> 6, value ->> 7
         from json_each($2) where true
         on conflict (shop_id, day, strategy_id, version_id, step, channel, content, figure)
             do update set value = value + excluded.value",
    )
    .bind(shop.0)
    .bind(Value::from_iter(rows).to_string())
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn message_figures(
    reader: &SqlitePool,
    shop: ShopId,
    filter: &FigureFilter,
) -> Result<Vec<(Cell, i64)>, StoreError> {
    let found: Vec<FigureRow> = sqlx::query_as(
        "select day, strategy_id, version_id, step, channel, content, figure, value from message_figures
         where shop_id = $1 and day between $2 and $3 and ($4 is null or strategy_id = $4) and value <> 0
         order by day, strategy_id, version_id, step, channel, content, figure",
    )
    .bind(shop.0)
    .bind(filter.from.to_string())
    .bind(filter.to.to_string())
    .bind(filter.strategy.map(|strategy| strategy.0))
    .fetch_all(reader)
    .await
    .map_err(failed)?;
    rows::cells(found)
}
