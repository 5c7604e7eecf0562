//! `/v1/channels`: where messages go out. What they share with sources stands in `connections.rs`.

mod create_template;
mod deliveries;
mod list;
mod probe;
mod release;
mod release_sender;
mod remove;
mod save;
mod show;
mod sync_templates;
mod templates;

pub(crate) use templates::TemplateView;

use cartwright_domain::shop::ConnectionKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

const KIND: ConnectionKind = ConnectionKind::Channel;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_channels))
        .routes(routes!(show::show_channel, save::save_channel, remove::remove_channel))
        .routes(routes!(release::release_channel))
        .routes(routes!(release_sender::release_sender))
        .routes(routes!(probe::probe_channel))
        .routes(routes!(deliveries::list_channel_deliveries))
        .routes(routes!(templates::list_templates, create_template::create_template))
        .routes(routes!(sync_templates::sync_templates))
}
