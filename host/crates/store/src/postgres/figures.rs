//! Figures of messages: sums that move with the messages, in the same transaction.

use cartwright_domain::funnel::Cell;
use cartwright_domain::ids::ShopId;
use cartwright_engine::ports::{FigureFilter, StoreError};
use sqlx::{PgPool, Postgres, Transaction};

use super::each;
use crate::error::failed;
use crate::rows::{self, FigureRow};
use crate::text::column;

/// Moves sums. They come in the order of the cells, so that two transactions never wait for each other in a circle.
pub(super) async fn move_figures(
    transaction: &mut Transaction<'static, Postgres>,
    shop: ShopId,
    figures: &[(Cell, i64)],
) -> Result<(), StoreError> {
    if figures.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into message_figures as known
             (shop_id, day, strategy_id, version_id, step, channel, content, figure, value)
         select $1, * from unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                                  $9::bigint[])
         on conflict (shop_id, day, strategy_id, version_id, step, channel, content, figure)
             do update set value = known.value + excluded.value",
    )
    .bind(shop.0)
    .bind(each(figures, |(cell, _)| cell.day.to_string()))
    .bind(each(figures, |(cell, _)| cell.strategy.0))
    .bind(each(figures, |(cell, _)| cell.version.0))
    .bind(each(figures, |(cell, _)| column(&cell.step)))
    .bind(each(figures, |(cell, _)| column(&cell.channel)))
    .bind(each(figures, |(cell, _)| column(&cell.content)))
    .bind(each(figures, |(cell, _)| cell.figure.to_string()))
    .bind(each(figures, |(_, by)| *by))
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn message_figures(
    pool: &PgPool,
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
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    rows::cells(found)
}
