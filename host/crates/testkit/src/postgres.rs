//! PostgreSQL servers for the tests of one process: private, over a socket in a temporary folder, and gone with the
//! process, however that ends. One is shared; a test that stops servers has its own.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cartwright_store::{PostgresStore, SecretKeys};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::sync::OnceCell;

use crate::database::unique;

const MISSING: &str = "there is no PostgreSQL on this machine; install it (apt-get install postgresql), or name a \
                       server in CARTWRIGHT_TEST_POSTGRES";

/// Nothing of it has to survive anything; only this user reaches the socket.
const SETTINGS: &str =
    "-c listen_addresses= -c fsync=off -c full_page_writes=off -c shared_buffers=64MB -c max_connections=400";

/// The server with a database that has all tables: copying it is faster than making them.
struct Shared {
    url: String,
    template: String,
    /// The server stops when its input is closed, which the system does when the process ends.
    _leash: Option<Child>,
}

static SERVER: OnceCell<Shared> = OnceCell::const_new();

/// Makes a database; its address.
pub(crate) async fn create_database(name: &str) -> String {
    let server = SERVER.get_or_init(start).await;
    execute(&server.url, format!("create database {name} template {}", server.template)).await;
    with_database(&server.url, name)
}

/// Drops a database, whoever is still connected. Waits for it on a thread of its own: a test that fails must clean up
/// too, and has no runtime left.
pub(crate) fn drop_database(name: String) {
    let Some(server) = SERVER.get() else { return };
    let url = server.url.clone();
    let done = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(execute(&url, format!("drop database if exists {name} with (force)")));
    });
    drop(done.join());
}

/// The files of all tables, as they lie on the disk.
pub(crate) async fn bytes_of(url: &str) -> Vec<u8> {
    let mut connection = connect(url).await;
    sqlx::query("checkpoint").execute(&mut connection).await.expect("a superuser may checkpoint");
    let files: Vec<Vec<u8>> = sqlx::query_scalar(
        "select pg_read_binary_file(pg_relation_filepath(oid)) from pg_class
         where relnamespace in ('public'::regnamespace, 'pg_toast'::regnamespace) and relkind in ('r', 't', 'i')",
    )
    .fetch_all(&mut connection)
    .await
    .expect("a superuser may read files of the server");
    files.concat()
}

async fn start() -> Shared {
    let (url, leash) = match std::env::var("CARTWRIGHT_TEST_POSTGRES") {
        Ok(url) => (url, None),
        Err(_) => {
            let (folder, leash) = start_private();
            (url_in(&folder), Some(leash))
        }
    };
    let template = unique("cartwright_template");
    execute(&url, format!("create database {template}")).await;
    let store = PostgresStore::open(&with_database(&url, &template), SecretKeys::none()).await;
    store.unwrap_or_else(|error| panic!("{error}")).close().await;
    Shared { url, template, _leash: leash }
}

/// A server of one test, which may end and begin again.
pub struct Server {
    folder: PathBuf,
    _leash: Child,
}

impl Server {
    /// Starts one, reachable over a socket only.
    ///
    /// # Panics
    /// If there is no PostgreSQL, with what to install.
    pub fn start() -> Self {
        let (folder, leash) = start_private();
        Self { folder, _leash: leash }
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// The address of a database that nobody has made yet.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn make_database(&self, name: &str) -> String {
        let url = url_in(&self.folder);
        execute(&url, format!("create database {name}")).await;
        with_database(&url, name)
    }

    /// Ends all connections, as a network does that goes away for a moment.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn end_connections(&self) {
        let others = "select pg_terminate_backend(pid) from pg_stat_activity
                      where pid <> pg_backend_pid() and backend_type = 'client backend'";
        execute(&url_in(&self.folder), others.to_owned()).await;
    }

    /// Ends it at once, as a crash does.
    ///
    /// # Panics
    /// If it does not end.
    pub fn stop(&self) {
        self.control(&["stop", "--mode=immediate"]);
    }

    /// Begins again on the same files; returns once it answers.
    ///
    /// # Panics
    /// If it does not begin.
    pub fn start_again(&self) {
        let settings = format!("-k '{}' {SETTINGS}", self.folder.display());
        self.control(&["start", "--wait", "--timeout=120", "-o", &settings]);
    }

    fn control(&self, arguments: &[&str]) {
        let mut command = Command::new(binaries().expect(MISSING).join("pg_ctl"));
        command.args(arguments).args(["-D", "data", "-l", "log"]).current_dir(&self.folder);
        // The server would keep them open for longer than the test runs.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        if let Some((user, group)) = other_user() {
            command.uid(user).gid(group);
        }
        assert!(command.status().expect("pg_ctl runs").success(), "pg_ctl {arguments:?}");
    }
}

fn url_in(folder: &Path) -> String {
    format!("postgres://postgres@localhost/postgres?host={}", folder.display())
}

/// Makes a cluster in a temporary folder and starts a server on it, held by a pipe: when this process ends, the pipe
/// closes, the shell behind it stops the server and removes the folder.
fn start_private() -> (PathBuf, Child) {
    let binaries = binaries().expect(MISSING);
    let folder = std::env::temp_dir().join(unique("cartwright_postgres"));
    let script = format!(
        "mkdir -m 700 '{folder}' && cd '{folder}' || exit
         '{binaries}/initdb' --auth=trust --username=postgres --no-sync --encoding=UTF8 --locale=C data >log 2>&1 &&
         '{binaries}/pg_ctl' start --wait --timeout=120 -D data -l log -o \"-k '{folder}' {SETTINGS}\" </dev/null >>log 2>&1 &&
         echo ready || exec tail -n 5 log
         cat >/dev/null
         '{binaries}/pg_ctl' stop --mode=immediate -D data >>log 2>&1
         cd / && rm -rf '{folder}'",
        folder = folder.display(),
        binaries = binaries.display(),
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(std::env::temp_dir()).stdin(Stdio::piped()).stdout(Stdio::piped());
    // Whatever ends the tests must not end the shell: it has to clean up behind them.
    shell.process_group(0);
    if let Some((user, group)) = other_user() {
        shell.uid(user).gid(group);
    }
    let mut child = shell.spawn().expect("a shell");
    let mut said = String::new();
    let output = child.stdout.as_mut().expect("a pipe");
    BufReader::new(output).read_line(&mut said).expect("the shell says something or ends");
    assert_eq!(said, "ready\n", "the PostgreSQL server of the tests does not start");
    (folder, child)
}

/// The server refuses to run as root: then it runs as the user that its package made.
fn other_user() -> Option<(u32, u32)> {
    let own = std::fs::metadata("/proc/self").map_or(0, |process| process.uid());
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let postgres = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|user| user[0] == "postgres");
    let id = |place: usize| postgres.as_ref()?.get(place)?.parse().ok();
    if own == 0 { Some((id(2)?, id(3)?)) } else { None }
}

/// The folder with `initdb` and `postgres`: the newest that the distribution has, else on the path.
fn binaries() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
    versions.sort_by_key(|folder| {
        folder.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok())
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions.into_iter().rev().chain(std::env::split_paths(&path)).find(|folder| folder.join("initdb").is_file())
}

async fn execute(url: &str, statement: String) {
    let mut connection = connect(url).await;
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await;
    done.unwrap_or_else(|error| panic!("{url}: {error}"));
    connection.close().await.unwrap_or_default();
}

async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
    options.connect().await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// The same server, another database.
fn with_database(url: &str, database: &str) -> String {
    let (address, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let host = path.split('/').next().unwrap_or_default();
    let question = if query.is_empty() { "" } else { "?" };
    format!("{address}://{host}/{database}{question}{query}")
}
