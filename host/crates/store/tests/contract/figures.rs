//! Figures of messages: they add up, they move with the batch or not at all, and each shop has its own (S30).

use cartwright_domain::funnel::{Cell, Figure};
use cartwright_domain::ids::{ShopId, StrategyId};
use cartwright_engine::ports::{Changes, FigureFilter, Store};

use crate::contract;
use crate::values::{add_shop, changed, customer, is_conflict, mint};

fn cell(strategy: StrategyId, day: &str, figure: &str) -> Cell {
    let version = mint(7).next();
    let (step, channel, content) = ("re\0mind".into(), "inbox".into(), "zwölf \\ \"hello\"".into());
    Cell {
        day: day.parse().unwrap(),
        strategy,
        version,
        step,
        channel,
        content,
        figure: Figure::named(figure).unwrap(),
    }
}

async fn move_by(store: &dyn Store, shop: ShopId, moves: &[(&Cell, i64)]) {
    let figures = moves.iter().map(|(cell, by)| ((*cell).clone(), *by)).collect();
    store.commit(shop, &Changes { figures, ..Changes::default() }).await.unwrap();
}

async fn figures(
    store: &dyn Store,
    shop: ShopId,
    from: &str,
    to: &str,
    strategy: Option<StrategyId>,
) -> Vec<(Cell, i64)> {
    let filter = FigureFilter { from: from.parse().unwrap(), to: to.parse().unwrap(), strategy };
    store.message_figures(shop, &filter).await.unwrap()
}

contract! {
    async fn figures_add_up_by_day_and_cell_and_what_is_nothing_is_not_there(db) {
        let store = db.store();
        let (own, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let (one, two) = (mint(3).next(), mint(4).next());
        let flying = cell(one, "2026-11-20", "in_flight");
        let accepted = cell(one, "2026-11-20", "accepted");
        let later = cell(one, "2026-11-22", "skipped.no_consent");
        let elsewhere = cell(two, "2026-11-21", "accepted");
        move_by(&*store, own, &[(&flying, 3), (&later, 1)]).await;
        move_by(&*store, own, &[(&accepted, 3), (&flying, -3), (&elsewhere, 5)]).await;
        move_by(&*store, own, &[(&accepted, 1)]).await;

        let all = figures(&*store, own, "2026-11-01", "2026-11-30", None).await;
        assert_eq!(all, [(accepted.clone(), 4), (elsewhere, 5), (later.clone(), 1)]);
        assert_eq!(figures(&*store, own, "2026-11-01", "2026-11-20", None).await, [(accepted.clone(), 4)]);
        assert_eq!(figures(&*store, own, "2026-11-21", "2026-11-22", Some(one)).await, [(later, 1)]);
        assert_eq!(figures(&*store, other, "2026-11-01", "2026-11-30", None).await, []);
    }

    async fn figures_of_a_batch_that_is_refused_do_not_move(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let moved = cell(mint(3).next(), "2026-11-20", "accepted");
        let stale = Changes {
            customers: vec![changed(customer(&mut mint(9)), 4)],
            figures: vec![(moved, 1)],
            ..Changes::default()
        };
        assert!(is_conflict(store.commit(shop, &stale).await));
        assert_eq!(figures(&*store, shop, "2026-11-01", "2026-11-30", None).await, []);
    }
}
