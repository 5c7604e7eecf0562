//! `/v1/shops`: the tenants. An operator sees and makes all; a shop's key sees its own.

mod change;
mod list;
mod make;
mod show;
mod trust;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::Described;
use crate::router::Api;

type ShopDocument = Described<cartwright_domain::shop::Shop>;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_shops, make::make_shop))
        .routes(routes!(show::show_shop, change::change_shop))
        .routes(routes!(trust::show_trust, trust::save_trust))
}
