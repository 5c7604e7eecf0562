//! The running service as a process: it says where it is, answers, and ends when it is told to.

use cartwright_testkit::present;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::program::folder;

fn spawn(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cartwright"))
        .args(arguments)
        .args(["--listen", "127.0.0.1:0"])
        .current_dir(present::workspace())
        .env("CARTWRIGHT_PLUGINS_DIR", present::plugins_folder())
        .env("CARTWRIGHT_PLUGINS_CACHE", present::workspace().join("target/tests-plugins-cache"))
        .env("RUST_LOG", "info")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The address in the first line that holds one.
fn address(lines: impl Read) -> (String, impl BufRead) {
    let mut lines = BufReader::new(lines);
    let mut said = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it ended and said: {said}");
        if let Some((_, rest)) = line.split_once("http://") {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !".:".contains(c)).unwrap_or(rest.len());
            return (rest[..end].to_owned(), lines);
        }
        said.push_str(&line);
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn terminate(mut child: Child) -> Option<i32> {
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    child.wait().unwrap().code()
}

#[test]
fn serve_answers_on_a_fresh_database_and_ends_well_when_told_to() {
    let database = format!("sqlite:{}/serve.db", folder("serve").display());
    let mut child = spawn(&["serve", "--database-url", &database]);
    let (address, _rest) = address(child.stderr.take().unwrap());
    assert!(get(&address, "/v1/openapi.json").starts_with("HTTP/1.1 200"));
    assert!(get(&address, "/v1/runs").starts_with("HTTP/1.1 401"));
    assert_eq!(terminate(child), Some(0));
}

#[test]
fn the_demo_says_what_to_try_and_keeps_its_files_to_itself() {
    let data = folder("demo");
    let mut child = spawn(&["demo", "--still", "--data", &data.display().to_string()]);
    let (address, mut rest) = address(child.stdout.take().unwrap());
    let opened = get(&address, "/");
    assert!(opened.starts_with("HTTP/1.1 307") && opened.contains("location: /console/"), "{opened}");
    assert_eq!(terminate(child), Some(0));
    let mut said = String::new();
    rest.read_to_string(&mut said).unwrap();
    assert!(said.contains("skip 4h") && said.contains("openssl dgst -sha256 -hmac"), "{said}");
    for file in ["demo.db", "secret.key"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(data.join(file)).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{file} can be read by others");
    }
}

#[test]
fn a_file_of_customers_is_taken_part_by_part_and_once() {
    let data = folder("import");
    let mut child = spawn(&["demo", "--still", "--data", &data.display().to_string()]);
    let (address, rest) = address(child.stdout.take().unwrap());
    let key = rest.lines().map(Result::unwrap).find_map(|line| Some(line.split_once("API key:")?.1.trim().to_owned()));
    let (url, key) = (format!("http://{address}"), key.unwrap());
    let rows: String = (1..=1_500).map(|place| format!("guest{place}@shop.example,Guest\n")).collect();
    let file = data.join("people.csv");
    std::fs::write(&file, format!("\u{feff}E-mail,First name\n{rows}=nobody,x\n")).unwrap();
    let errors = data.join("errors.csv");
    let import = |more: &[&str]| {
        let words = ["import", "customers", file.to_str().unwrap(), "--url", &url, "--key", &key];
        let output = Command::new(env!("CARGO_BIN_EXE_cartwright")).args(words).args(more).output().unwrap();
        assert!(!output.status.success(), "one row does not fit");
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    let tried = import(&["--dry-run"]);
    assert!(tried.contains("E-mail      email") && tried.contains("First name  first_name"), "{tried}");
    assert!(tried.contains("line 1502: email: `=nobody` is not an e-mail address"), "{tried}");
    assert!(tried.contains("1501 rows: 1500 would be taken, 0 known already, 1 do not fit"), "{tried}");
    let first = import(&["--errors", errors.to_str().unwrap()]);
    assert!(first.contains("1501 rows: 1500 taken, 0 known already, 1 do not fit"), "{first}");
    let written = std::fs::read_to_string(&errors).unwrap();
    assert!(written.starts_with("line,field,what to do\n1502,email,"), "{written}");
    let again = import(&[]);
    assert!(again.contains("1501 rows: 0 taken, 1500 known already, 1 do not fit"), "{again}");
    assert_eq!(terminate(child), Some(0));
}
