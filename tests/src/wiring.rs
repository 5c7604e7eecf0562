//! The composition root of the tests: what `host/src/wiring.rs` is for the binary.

use axum::Router;
use cartwright_api::ApiOptions;
use cartwright_engine::Engine;
use cartwright_engine::ports::{Clock, Entropy, Store};
use cartwright_plugins::{EgressPolicy, Limits, Runtime, RuntimeOptions, Slices};
use cartwright_testkit::present;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// An engine with everything real but time and chance.
pub fn engine(store: Arc<dyn Store>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Engine {
    let options = RuntimeOptions {
        // Compiled once for all tests: compiling is most of the time that a test takes.
        cache_dir: Some(present::workspace().join("target/tests-plugins-cache")),
        limits: Limits::default(),
        slices: Slices::Timed,
        // Providers of tests are on this machine, at ports that nobody knows before.
        egress: EgressPolicy {
            allow_private: (1..=u16::MAX).map(|port| format!("127.0.0.1:{port}")).collect(),
            authorities: EgressPolicy::authorities_of(include_bytes!("../fixtures/tls/ca.pem")).unwrap(),
        },
        components: store.clone(),
    };
    let runtime = Arc::new(Runtime::new(options).unwrap());
    Engine::new(store, runtime.clone(), runtime.clone(), clock, entropy).with_pictures(runtime)
}

/// Serves it on a free port: the engine that knows its address, and the address. There is no worker: the test says
/// when work is done.
pub async fn serve(engine: Engine) -> (Engine, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let engine = engine.with_public_url(&base);
    let router: Router = cartwright_api::router(engine.clone(), ApiOptions::new(base.clone()));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    (engine, base)
}
