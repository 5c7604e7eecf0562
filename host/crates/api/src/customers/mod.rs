//! `/v1/customers`: people, known or still anonymous.

mod erase;
mod import;
mod list;
mod orders;
mod show;
mod why;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_customers))
        .routes(routes!(show::show_customer, erase::erase_customer))
        .routes(routes!(import::import_customers))
        .routes(routes!(orders::list_orders))
        .routes(routes!(why::why))
}
