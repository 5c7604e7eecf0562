//! The running service: it listens, it works, and it ends what it has begun before it goes.

use axum::Router;
use cartwright_engine::Engine;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::signal;
use tokio::sync::watch;

use crate::failure::Failure;

/// Takes an address to listen on.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::bad_input(format!(
            "{address} cannot be listened on: {error}; end whoever does, or choose another with --listen"
        ))
    })
}

/// How the service is reached where nothing else is said.
pub(crate) fn local_url(listener: &TcpListener) -> Result<String, Failure> {
    let address = listener.local_addr().map_err(Failure::failed)?;
    Ok(match address.ip().is_unspecified() {
        true => format!("http://localhost:{}", address.port()),
        false => format!("http://{address}"),
    })
}

/// Serves and works until SIGINT or SIGTERM. Requests and work under way are finished first; a second signal does not
/// wait for them.
pub(crate) async fn run(engine: Engine, router: Router, listener: TcpListener) -> Result<(), Failure> {
    let (stop, stopped) = watch::channel(false);
    let until_stopped = |mut stopped: watch::Receiver<bool>| async move {
        // The sender lives until the service has ended.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let mut worker = tokio::spawn({
        let stopped = until_stopped(stopped.clone());
        async move { engine.work(stopped).await }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(until_stopped(stopped));
    let mut server = tokio::spawn(async move { server.await });
    let ended = tokio::select! {
        () = asked_to_stop() => None,
        ended = &mut worker => Some(format!("the worker ended by itself: {ended:?}")),
        ended = &mut server => Some(format!("the server ended by itself: {ended:?}")),
    };
    if let Some(reason) = ended {
        return Err(Failure::failed(reason));
    }
    tracing::info!("stopping: what is under way is finished first");
    stop.send_replace(true);
    tokio::select! {
        _ = async { tokio::join!(worker, server) } => Ok(()),
        () = asked_to_stop() => Err(Failure::failed("stopped before everything under way was finished; it is taken up at the next start")),
    }
}

async fn asked_to_stop() {
    let interrupted = async {
        if let Err(error) = signal::ctrl_c().await {
            tracing::error!(%error, "SIGINT cannot be listened for");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "SIGTERM cannot be listened for");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
