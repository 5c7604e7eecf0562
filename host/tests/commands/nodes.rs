//! Nodes as processes: what each is there for, and that a restored copy of a database does not send (S29).

#![allow(clippy::disallowed_methods, reason = "waits between two looks")]

use cartwright_domain::ids::Mint;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{Changes, SeenNode, Standing, Store};
use cartwright_testkit::database::Database;
use cartwright_testkit::{database, values};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::program::{self, folder};

/// A node; it is killed when this is dropped.
struct Node {
    child: Child,
    address: String,
}

impl Node {
    fn start(url: &str, state: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cartwright"))
            .args(["serve", "--database-url", url, "--listen", "127.0.0.1:0", "--lease", "1s", "--state-dir"])
            .arg(state)
            .args(more)
            .env("RUST_LOG", "info,sqlx=error")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended");
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
        };
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn terminate(&mut self) -> Option<i32> {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cartwright(words: &[&str], state: &Path) -> Output {
    program::cartwright(words).arg("--state-dir").arg(state).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Waits until the nodes are as they should be.
async fn until(store: &dyn Store, what: impl Fn(&[SeenNode]) -> bool) -> Vec<SeenNode> {
    loop {
        let nodes = store.nodes().await.unwrap();
        if what(&nodes) {
            return nodes;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Messages were handed over, so another copy of the database may send as well.
async fn hand_over(store: &dyn Store, count: u32) {
    let shop = Mint::new(Timestamp::from_millis(0), [9; 32]).next();
    store.commit(shop, &Changes { hand_overs: count, ..Changes::default() }).await.unwrap();
}

fn works(nodes: &[SeenNode]) -> bool {
    nodes.iter().map(|node| node.shards).sum::<u32>() == 256
}

fn stand(standing: Standing) -> impl Fn(&[SeenNode]) -> bool {
    move |nodes| nodes.iter().any(|node| node.node.standing == standing && node.beats > 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_a_restored_copy_does_not_send_until_a_person_confirms() {
    let folder = folder("restored");
    let (live, backup) = (folder.join("live"), folder.join("backup"));
    std::fs::create_dir_all(&live).unwrap();
    let url = format!("sqlite:{}/shop.db", live.display());
    let open = async || cartwright_store::open(&url, database::keys()).await.unwrap();
    {
        hand_over(&*open().await, 3).await;
        copy(&live, &backup);
        let store = open().await;
        let mut node = Node::start(&url, &folder, &[]);
        until(&*store, stand(Standing::Unknown)).await;
        assert!(node.get("/readyz").contains("no other node vouches"));
        assert!(cartwright(&["node", "confirm", "--database-url", &url], &folder).status.success());
        until(&*store, works).await;
        assert!(node.get("/readyz").ends_with("ready\n"));
        hand_over(&*store, 4).await;
        // It is seen at the next beat, and kept.
        let mark = folder.join("cartwright.node");
        while !std::fs::read_to_string(&mark).unwrap().contains(":7}") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(node.terminate(), Some(0));
    }
    copy(&backup, &live);
    let store = open().await;
    let node = Node::start(&url, &folder, &[]);
    let nodes = until(&*store, stand(Standing::Safe)).await;
    assert!(nodes.iter().all(|node| node.shards == 0));
    assert!(node.get("/readyz").contains("safe mode"));
    let doctor = cartwright(&["doctor", "--database-url", &url], &folder);
    assert!(said(&doctor).contains("WRONG  which database: safe mode"), "{}", said(&doctor));
    assert_eq!(doctor.status.code(), Some(1));
    assert!(cartwright(&["node", "confirm", "--database-url", &url], &folder).status.success());
    until(&*store, works).await;
    assert!(node.get("/readyz").ends_with("ready\n"));
    let doctor = cartwright(&["doctor", "--database-url", &url], &folder);
    assert!(said(&doctor).contains("well   which database: the one this machine knows"), "{}", said(&doctor));
}

/// Copies a database that nobody writes to; whatever was there is gone.
fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_a_new_node_joins_when_one_that_knows_the_database_lives() {
    let folder = folder("vouched");
    let database = Database::postgres().await;
    let store = database.store();
    let mut first = Node::start(database.url(), &folder.join("first"), &[]);
    until(&*store, works).await;
    hand_over(&*store, 5).await;
    let second = Node::start(database.url(), &folder.join("second"), &[]);
    until(&*store, |nodes| works(nodes) && nodes.iter().all(|node| node.shards == 128)).await;
    // Afterwards it has a mark of its own.
    assert_eq!(first.terminate(), Some(0));
    until(&*store, |nodes| works(nodes) && nodes.len() == 1).await;
    drop(second);
    let again = Node::start(database.url(), &folder.join("second"), &[]);
    until(&*store, |nodes| nodes.iter().any(|node| node.shards == 256)).await;
    drop(again);
    // In a copy the rows of nodes are left, and none of them lives.
    let _stranger = Node::start(database.url(), &folder.join("stranger"), &[]);
    let nodes =
        until(&*store, |nodes| nodes.iter().any(|node| node.node.standing == Standing::Unknown && node.beats > 5));
    assert!(nodes.await.iter().any(|node| node.node.standing == Standing::Unknown && node.shards == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_node_does_no_work_and_a_worker_answers_nobody() {
    let folder = folder("roles");
    let database = Database::postgres().await;
    let store = database.store();
    store.add_shop(&values::shop()).await.unwrap();
    let api = Node::start(database.url(), &folder.join("api"), &["--role", "api"]);
    until(&*store, |nodes| nodes.iter().any(|node| node.beats > 2)).await;
    assert!(store.nodes().await.unwrap().iter().all(|node| node.shards == 0));
    assert!(api.get("/v1/openapi.json").starts_with("HTTP/1.1 200"));
    let worker = Node::start(database.url(), &folder.join("worker"), &["--role", "worker"]);
    until(&*store, works).await;
    assert!(worker.get("/healthz").starts_with("HTTP/1.1 200") && worker.get("/readyz").starts_with("HTTP/1.1 200"));
    for path in ["/v1/openapi.json", "/v1/runs", "/", "/hooks/01930000-0000-7000-8000-000000000001"] {
        assert!(worker.get(path).starts_with("HTTP/1.1 404"), "{path}");
    }
    let list = Command::new(env!("CARGO_BIN_EXE_cartwright"))
        .args(["node", "list", "--json", "--database-url", database.url()])
        .output()
        .unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let told: Vec<_> = list.as_array().unwrap().iter().map(|node| (&node["role"], &node["shards"])).collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&(&"api".into(), &0.into())) && told.contains(&(&"worker".into(), &256.into())), "{told:?}");
}
