//! Keys and signatures on the command line, as the guide tells them (host/docs/plugins/trust.md, host/docs/secret-keys.md).

use cartwright_engine::ports::Secret;
use cartwright_store::SecretKeys;
use cartwright_testkit::registry::{Door, PASSWORD, Registry, USER};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

use crate::program::{self, folder};

fn cartwright(arguments: &[&str]) -> Command {
    let mut command = program::cartwright(arguments);
    command.env("CARTWRIGHT_SIGNING_PASSWORD", "open sesame").env("CARTWRIGHT_REGISTRY_PASSWORD", PASSWORD);
    command
}

#[track_caller]
fn printed(arguments: &[&str]) -> String {
    program::printed(&mut cartwright(arguments))
}

#[track_caller]
fn refused(arguments: &[&str]) -> String {
    program::refused(&mut cartwright(arguments))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_component_is_signed_and_verified_with_a_key_of_ones_own() {
    let folder = folder("signing");
    let (file, name) = (folder.join("vip.wasm"), folder.join("acorn"));
    let (secret, public) = (folder.join("acorn.key"), folder.join("acorn.pub"));
    std::fs::write(&file, b"\0asm").unwrap();
    let made = printed(&["plugin", "keygen", text(&name)]);
    assert!(made.contains("acorn.key: keep it") && made.contains("RW"), "{made}");
    assert!(refused(&["plugin", "keygen", text(&name)]).contains("is there already"));
    assert!(std::fs::read_to_string(&secret).unwrap().contains("encrypted"));
    let signed = printed(&["plugin", "sign", text(&file), "--key", text(&secret), "--comment", "vip 1.2.0"]);
    assert!(signed.contains("vip.wasm.minisig: vip 1.2.0") && signed.contains("Cartwright-Signature"), "{signed}");
    let verify = ["plugin", "verify", text(&file), "--key", text(&public)];
    assert!(printed(&verify).contains("vip 1.2.0"));
    let line = std::fs::read_to_string(&public).unwrap().lines().nth(1).unwrap().to_owned();
    assert!(printed(&["plugin", "verify", text(&file), "--key", &line]).contains("vip 1.2.0"));
    std::fs::write(&file, b"\0ASM").unwrap();
    assert!(refused(&verify).contains("was changed after it was signed"));
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_reads_a_secret_key() {
    use std::os::unix::fs::PermissionsExt;
    let name = folder("key-file").join("acorn");
    printed(&["plugin", "keygen", text(&name), "--no-password"]);
    assert_eq!(std::fs::metadata(name.with_extension("key")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_component_goes_to_a_registry_and_comes_back_with_its_signature() {
    let folder = folder("registry");
    let (file, back) = (folder.join("vip.wasm"), folder.join("back.wasm"));
    std::fs::write(&file, b"\0asm").unwrap();
    std::fs::write(folder.join("vip.wasm.minisig"), "a signature").unwrap();
    let registry = Registry::start(Door::Token).await;
    let reference = registry.reference("acorn/vip:1.2.0");
    let ask = |arguments: Vec<String>| {
        tokio::task::spawn_blocking(move || printed(&arguments.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let pushed = ask(words(&["plugin", "push", text(&file), &reference, "--user", USER])).await.unwrap();
    assert!(pushed.contains("with its signature") && pushed.contains("@sha256:"), "{pushed}");
    ask(words(&["plugin", "pull", &reference, "-o", text(&back), "--user", USER])).await.unwrap();
    assert_eq!(std::fs::read(&back).unwrap(), b"\0asm");
    assert_eq!(std::fs::read_to_string(folder.join("back.wasm.minisig")).unwrap(), "a signature");
}

#[tokio::test]
async fn s44_a_key_is_rotated_and_the_old_one_can_go() {
    let folder = folder("rotation");
    let database = format!("sqlite:{}", folder.join("shop.db").display());
    let key_file = folder.join("cartwright.key");
    let [old, new] = [[1; 32], [2; 32]].map(|bytes| SecretKeys::line(&bytes).to_string());
    let store = cartwright_store::open(&database, SecretKeys::parse(&old).unwrap()).await.unwrap();
    let shop = json!({ "id": "0192f3a0-0000-7000-8000-000000000001", "name": "Acorn", "currency": "EUR" });
    let shop: cartwright_domain::shop::Shop = serde_json::from_value(shop).unwrap();
    store.add_shop(&shop).await.unwrap();
    let connection: cartwright_domain::ids::ConnectionId = "0192f3a0-0000-7000-8000-000000000002".parse().unwrap();
    for name in ["token", "password"] {
        store.save_secret(shop.id, connection, name, &Secret::from("sesame")).await.unwrap();
    }
    drop(store);
    let on = |command: &[&str]| {
        let end = ["--database-url", &database, "--secret-key-file", text(&key_file)];
        cartwright(&[command, &end].concat()).output().unwrap()
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();

    std::fs::write(&key_file, format!("{old}\n{new}\n")).unwrap();
    let looked = said(&on(&["doctor"]));
    assert!(looked.contains(&format!("look   secret key {}: still seals 2 secrets", &old[..8])), "{looked}");
    let rotated = on(&["key", "rotate", "--json"]);
    let told: Value = serde_json::from_slice(&rotated.stdout).unwrap();
    assert_eq!((&told["resealed"], &told["newest"]), (&json!(2), &json!(&new[..8])));
    assert_eq!(told["removable"], json!([&old[..8]]));
    assert!(said(&on(&["key", "rotate"])).contains("0 secrets sealed with the newest key"));

    std::fs::write(&key_file, &new).unwrap();
    let looked = said(&on(&["doctor"]));
    assert!(looked.contains(&format!("well   secret key {}: seals 2 secrets", &new[..8])), "{looked}");
    std::fs::write(&key_file, &old).unwrap();
    let looked = said(&on(&["doctor"]));
    assert!(looked.contains(&format!("WRONG  secret key {}", &new[..8])), "{looked}");
    let lost = on(&["key", "rotate"]);
    assert_eq!(lost.status.code(), Some(1));
    assert!(said(&lost).contains("not opened: password"), "{}", said(&lost));
    assert!(!format!("{lost:?}").contains("sesame"));
}
