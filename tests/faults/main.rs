//! Everything fails, one after the other, while messages go out: nothing that was accepted for is lost, and no message
//! is accepted twice (S22).
//!
//! Real processes of the binary, on real databases, with a provider that delays, fails and falls silent. How many
//! messages there are is `CARTWRIGHT_FAULT_MESSAGES`.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may panic and tell")]

mod provider;
mod shops;
mod verdict;

use cartwright_testkit::postgres::Server;
use cartwright_testkit::proxy::Proxy;
use cartwright_tests::serving::{Node, Place};

use provider::Post;
use shops::Shops;
use verdict::Verdict;

fn messages() -> usize {
    std::env::var("CARTWRIGHT_FAULT_MESSAGES").map_or(5_000, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_three_nodes_on_postgres_lose_nothing_and_send_nothing_twice_whatever_fails() {
    let server = Server::start();
    let url = server.make_database("cartwright").await;
    let mut wires = Vec::new();
    for _ in 0..3 {
        wires.push(Proxy::to(server.socket()).await);
    }
    let behind = |wire: &Proxy| format!("postgres://postgres@{}/cartwright", wire.address());
    let post = Post::open(messages()).await;
    let place = Place::beside(post.host());
    let mut nodes: Vec<Node> =
        wires.iter().enumerate().map(|(number, wire)| place.start(number, &behind(wire))).collect();
    let mut shops = Shops::open(&place, &nodes[0], 12, &post).await;
    let mut verdict = Verdict::over(&url).await;
    let round = messages() / 8;

    shops.tell(round, &nodes).await;
    post.wait_for_more(round / 2).await;

    // A node dies in the middle of its messages, and comes back.
    shops.tell(round, &nodes).await;
    post.wait_for_more(round / 4).await;
    nodes[0].kill();
    verdict.note_in_flight("a node was killed").await;
    nodes[0] = place.start(0, &behind(&wires[0]));

    // Every connection is lost at once.
    shops.tell(round, &nodes).await;
    post.wait_for_more(round / 4).await;
    server.end_connections().await;
    verdict.note_in_flight("all connections were ended").await;

    // The database crashes, and comes back.
    shops.tell(round, &nodes).await;
    post.wait_for_more(round / 8).await;
    server.stop();
    server.start_again();
    verdict.note_in_flight("the database was stopped").await;

    // A node is cut off for longer than its leases: the others do its work, and then it has none of its own to do.
    wires[1].cut();
    verdict.note_in_flight("a node was cut off").await;
    shops.tell(round, &nodes[..1]).await;
    verdict.wait_until_others_work_for(1, 2).await;
    post.wait_for_more(round / 4).await;
    wires[1].mend();

    // A node dies and does not come back.
    shops.tell(round, &nodes).await;
    post.wait_for_more(round / 4).await;
    nodes[2].kill();
    verdict.note_in_flight("another node was killed").await;

    // A node ends as it should, and leaves nothing lying.
    shops.tell(round, &nodes[..2]).await;
    assert_eq!(nodes[0].terminate(), Some(0));
    shops.tell(messages() - shops.told(), &nodes[1..2]).await;
    verdict.wait_and_judge(&shops, &post).await;
    assert_eq!(nodes[1].terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_node_on_sqlite_loses_nothing_and_sends_nothing_twice_whatever_fails() {
    let post = Post::open(messages()).await;
    let place = Place::beside(post.host());
    let url = format!("sqlite:{}/cartwright.db", place.folder().display());
    let mut node = place.start(0, &url);
    let mut shops = Shops::open(&place, &node, 3, &post).await;
    let mut verdict = Verdict::over(&url).await;
    let round = messages() / 4;
    for death in ["killed", "killed again"] {
        shops.tell(round, std::slice::from_ref(&node)).await;
        post.wait_for_more(round / 4).await;
        node.kill();
        verdict.note_in_flight(death).await;
        node = place.start(0, &url);
    }
    shops.tell(round, std::slice::from_ref(&node)).await;
    assert_eq!(node.terminate(), Some(0));
    node = place.start(0, &url);
    shops.tell(messages() - shops.told(), std::slice::from_ref(&node)).await;
    verdict.wait_and_judge(&shops, &post).await;
    assert_eq!(node.terminate(), Some(0));
}
