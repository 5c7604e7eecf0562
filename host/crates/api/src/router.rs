//! All routes, and what stands around them.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use cartwright_engine::Engine;
use utoipa_axum::router::OpenApiRouter;

use crate::options::ApiOptions;
use crate::problem::{self, Code, Problem};
use crate::rate::RateLimit;
use crate::{
    access, alerts, audit, channels, chat_links, console, contents, customers, demo, envelope, events, health, hooks,
    image_grids, journal, keys, markup, messages, openapi, people, plugins, rate, replies, reports, runs, session,
    shops, short_links, sources, storefront, strategies, test_sends, unsubscribe,
};

/// What every handler is given.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) engine: Engine,
    pub(crate) options: Arc<ApiOptions>,
    pub(crate) rate: Arc<RateLimit>,
}

impl Api {
    fn new(engine: Engine, options: ApiOptions) -> Self {
        Self { engine, options: Arc::new(options), rate: Arc::default() }
    }
}

/// The whole HTTP service.
pub fn router(engine: Engine, options: ApiOptions) -> Router {
    let in_demo = options.demo.is_some();
    let api = Api::new(engine, options);
    let mut closed: Router<Api> = closed_operations().into();
    if in_demo {
        closed = closed.merge(Router::from(demo::operations()));
    }
    let mut all = closed.route_layer(from_fn_with_state(api.clone(), access::require));
    if in_demo {
        all = all.merge(Router::from(session::demo_operations()));
    }
    let public = unsubscribe::routes().merge(short_links::routes()).merge(storefront::routes());
    let public = public.merge(Router::from(session::limited_operations()));
    let public = public.route_layer(from_fn_with_state(api.clone(), rate::limit));
    all.merge(Router::from(open_operations()))
        .merge(openapi::route())
        .merge(problem::pages())
        .merge(public)
        .merge(image_grids::routes())
        .merge(console::routes())
        .route("/style.css", get(markup::style))
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(api.clone(), envelope::wrap))
        .with_state(api)
}

/// Only what says whether the service is well: for a node that answers nobody else.
pub fn health_router(engine: Engine, options: ApiOptions) -> Router {
    let api = Api::new(engine, options);
    Router::from(health::operations())
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(api.clone(), envelope::wrap))
        .with_state(api)
}

/// Every documented operation, those of the demo among them.
pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(openapi::beginning())
        .merge(closed_operations())
        .merge(demo::operations())
        .merge(session::demo_operations())
        .merge(session::limited_operations())
        .merge(open_operations())
}

/// Operations that need a key, or somebody who signed in.
fn closed_operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .merge(shops::operations())
        .merge(keys::operations())
        .merge(people::operations())
        .merge(audit::operations())
        .merge(session::operations())
        .merge(strategies::operations())
        .merge(contents::operations())
        .merge(test_sends::operations())
        .merge(channels::operations())
        .merge(chat_links::operations())
        .merge(sources::operations())
        .merge(plugins::operations())
        .merge(customers::operations())
        .merge(runs::operations())
        .merge(messages::operations())
        .merge(replies::operations())
        .merge(reports::operations())
        .merge(journal::operations())
        .merge(alerts::operations())
        .merge(events::operations())
}

/// Operations that need none: webhooks carry their own signature.
fn open_operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().merge(hooks::operations()).merge(health::operations()).merge(session::open_operations())
}

async fn unknown_route() -> Problem {
    Problem::new(Code::UnknownRoute, "No operation has this address; GET /v1/openapi.json lists all of them.")
}

async fn wrong_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "This address takes other methods only; the header `allow` lists them.")
}
