//! The public pages `/u/…` and `/l/…`: no key, no guessing, and not too often.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;

use crate::asking::{Answer, Service};

async fn asks(service: &Service, path: &str, from: &str) -> Answer {
    let address = SocketAddr::new(from.parse::<IpAddr>().unwrap(), 50_000);
    let request = Request::get(path).extension(ConnectInfo(address)).body(Body::empty()).unwrap();
    service.send(request).await
}

#[tokio::test]
async fn a_link_that_is_nobodys_is_not_found() {
    let service = Service::quiet().await;
    for token in ["AAAAAAAAAAAA", "A", "%00%00%00%00%00%00%00%00%00%00%00%00", "AAAAAAAAAAA'"] {
        let answer = asks(&service, &format!("/l/{token}"), "203.0.113.7").await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{token}");
        assert_eq!(answer.header("location"), "", "{token}");
    }
}

#[tokio::test]
async fn one_address_that_asks_all_the_time_has_to_wait() {
    let service = Service::quiet().await;
    for _ in 0..50 {
        for path in ["/u/nobodys", "/l/AAAAAAAAAAAA"] {
            assert_eq!(asks(&service, path, "203.0.113.7").await.status, 404);
        }
    }
    for path in ["/u/nobodys", "/l/AAAAAAAAAAAA"] {
        let refused = asks(&service, path, "203.0.113.7").await;
        assert_eq!((refused.status, refused.code().as_str()), (429, "too_many_requests"), "{path}");
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(asks(&service, path, "203.0.113.8").await.status, 404, "somebody else");
    }
    assert_eq!(asks(&service, "/healthz", "203.0.113.7").await.status, 200, "what is not public has its key");
    service.world.clock.advance(cartwright_domain::time::Span::seconds(1));
    assert_eq!(asks(&service, "/u/nobodys", "203.0.113.7").await.status, 404, "a second later");
}
